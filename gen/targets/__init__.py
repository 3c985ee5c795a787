"""The formats: each module turns a Monitoring into the files of one kind of deployment."""
