"""A fleet that is not there, to look at and to test with: its exporters on loopback, and scenarios.

with Simulation(fleet, stages=["memory-collapses:spark-1@30s"]) as simulation:
    simulation.addresses["spark-1", "node"]   # "127.0.0.1:40123"
    simulation.fleet                          # the inventory with these addresses
    simulation.start("exporter-dies:gpu-box")
"""

from monogen.live.simulate.errors import SimulationError
from monogen.live.simulate.scenarios import Scenario, known
from monogen.live.simulate.simulation import Simulation
from monogen.live.simulate.staging import Stage, name_of

__all__ = ["Scenario", "Simulation", "SimulationError", "Stage", "known", "name_of"]
