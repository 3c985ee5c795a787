// A dashboard as Grafana's own types describe it, strict enough for a literal in a file.
//
// @grafana/schema leaves a panel's options open (Record<string, unknown>), so the panels are joined
// here with the types of their plugins. Enums become their literals, as JSON has no enums.
import type { AnnotationQuery, Dashboard, FieldConfig, Panel, RowPanel, VariableModel } from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as timeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as text from '@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

type Literal<T> = T extends string
  ? `${T}`
  : T extends number
    ? number extends T
      ? number
      : `${T}` extends `${infer N extends number}`
        ? N
        : never
    : T extends Array<infer Item>
      ? Array<Literal<Item>>
      : T extends object
        ? { [Key in keyof T]: Literal<T[Key]> }
        : T;

interface DataSource {
  type: 'prometheus';
  uid: '${datasource}';
}

interface Target {
  refId: string;
  datasource: DataSource;
  editorMode: 'code';
  expr: string;
  range?: boolean;
  instant?: boolean;
  format: 'time_series' | 'table' | 'heatmap';
  legendFormat?: string;
}

interface Override {
  matcher: { id: string; options: string };
  properties: Array<{ id: string; value: unknown }>;
}

type Shown<Type, Options, Custom> = Literal<
  Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets' | 'datasource' | 'transformations'>
> & {
  type: Type;
  datasource?: DataSource;
  options: Literal<Partial<Options>>;
  fieldConfig: {
    defaults: Literal<Omit<FieldConfig, 'custom'>> & { custom?: Literal<Partial<Custom>> };
    overrides: Override[];
  };
  targets?: Target[];
  transformations?: Array<{ id: 'merge' | 'organize'; options: Record<string, unknown> }>;
};

type OnePanel =
  | Shown<'stat', stat.Options, Record<string, never>>
  | Shown<'table', table.Options, table.FieldConfig>
  | Shown<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | Shown<'bargauge', bargauge.Options, Record<string, never>>
  | Shown<'state-timeline', timeline.Options, timeline.FieldConfig>
  | Shown<'text', text.Options, Record<string, never>>;

type Row = Literal<Omit<RowPanel, 'panels'>> & { panels: OnePanel[] };

// The only places where the types of @grafana/schema 13.2.3 refuse what Grafana itself writes:
// - `definition` of a query variable: the text that the list of variables shows; the variable editor
//   writes it on every save.
// - `expr` and the keys beside it in an annotation: the query of the Prometheus data source's
//   annotations, which the schema's AnnotationQuery does not know by data source.
interface KnownGaps {
  variable: { definition?: string };
  annotation: { expr?: string; step?: string; tagKeys?: string; titleFormat?: string; textFormat?: string };
}

export type Dash = Literal<Omit<Dashboard, 'panels' | 'templating' | 'annotations'>> & {
  panels: Array<OnePanel | Row>;
  templating: { list: Array<Literal<VariableModel> & KnownGaps['variable']> };
  annotations: { list: Array<Literal<AnnotationQuery> & KnownGaps['annotation']> };
};
