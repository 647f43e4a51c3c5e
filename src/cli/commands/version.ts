/** `version`: https://docs.docker.com/reference/cli/docker/version/ */
import { messageOf } from '#base/errors.ts';
import type { VersionInfo } from '#spec/docker-api/system.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { ansiTime } from '../render/go-time.ts';
import { runPartly } from '../render/rows.ts';
import { alignColumns } from '../render/tabwriter.ts';
import { typedValue } from '../render/typed.ts';
import { clientVersion } from '../render/version-info.ts';
import type { TemplateFunction } from '../template/functions.ts';
import { FUNCTIONS } from '../template/functions.ts';
import { parseTemplate } from '../template/parser.ts';
import { GoStruct, sortedKeys } from '../template/values.ts';

/** The layout of docker's; what this client does not know about itself has no line. */
const LAYOUT = `{{with .Client -}}
Client:
 Version:	{{.Version}}
 API version:	{{.APIVersion}}{{if ne .APIVersion .DefaultAPIVersion}} (downgraded from {{.DefaultAPIVersion}}){{end}}
 Node version:	{{.GoVersion}}
 OS/Arch:	{{.Os}}/{{.Arch}}
 Context:	{{.Context}}
{{- end}}

{{- if ne .Server nil}}{{with .Server}}

Server:{{if ne .Platform.Name ""}} {{.Platform.Name}}{{end}}
 {{- range $component := .Components}}
 {{$component.Name}}:
  {{- if eq $component.Name "Engine" }}
  Version:	{{.Version}}
  API version:	{{index .Details "ApiVersion"}} (minimum version {{index .Details "MinAPIVersion"}})
  Go version:	{{index .Details "GoVersion"}}
  Git commit:	{{index .Details "GitCommit"}}
  Built:	{{index .Details "BuildTime"}}
  OS/Arch:	{{index .Details "Os"}}/{{index .Details "Arch"}}
  Experimental:	{{index .Details "Experimental"}}
  {{- else }}
  Version:	{{$component.Version}}
  {{- $detailsOrder := getDetailsOrder $component}}
  {{- range $key := $detailsOrder}}
  {{$key}}:	{{index $component.Details $key}}
   {{- end}}
  {{- end}}
 {{- end}}
 {{- end}}{{- end}}`;

const EXTENDED: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ...FUNCTIONS,
  [
    'getDetailsOrder',
    {
      params: ['any'],
      call: (component: unknown) => {
        const details = component instanceof GoStruct ? component.fields.get('Details') : undefined;
        return details instanceof Map ? sortedKeys(details) : [];
      },
    },
  ],
]);

/** The engine's answer with readable build times, and an engine among its components. */
function serverOf(server: VersionInfo): VersionInfo {
  const components = (server.Components ?? []).map((component) => {
    const built = component.Details?.['BuildTime'];
    if (component.Name !== 'Engine' || built === undefined) return component;
    return { ...component, Details: { ...component.Details, BuildTime: ansiTime(built) } };
  });
  if (!components.some((component) => component.Name === 'Engine')) {
    const { ApiVersion, MinAPIVersion, GitCommit, GoVersion, Os, Arch, Experimental } = server;
    const BuildTime = ansiTime(server.BuildTime ?? '');
    const Details = {
      ApiVersion,
      MinAPIVersion,
      GitCommit,
      GoVersion,
      Os,
      Arch,
      BuildTime,
      Experimental: String(Experimental ?? false),
    };
    components.push({ Name: 'Engine', Version: server.Version, Details });
  }
  return { ...server, Components: components };
}

function parse(format: string) {
  const source = format === '' ? LAYOUT : format === 'json' ? '{{json .}}' : format;
  try {
    return parseTemplate(source, new Set(EXTENDED.keys()), 'version');
  } catch (error) {
    throw new ExitFailure(64, `template parsing error: ${messageOf(error)}`);
  }
}

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const template = parse(flags.text('format'));
  let failure: unknown;
  let server: VersionInfo | null = null;
  let apiVersion: string | undefined;
  try {
    const client = await context.client();
    server = serverOf(await client.system.version(context.signal));
    apiVersion = await client.apiVersion();
  } catch (error) {
    failure = error;
  }
  const info = typedValue('VersionInfo', { Client: clientVersion(apiVersion), Server: server });
  const { text, failure: unfit } = runPartly(template, info, { functions: EXTENDED });
  context.stdout.write(alignColumns(`${text}\n`, { minWidth: 20, padding: 1 }));
  if (failure !== undefined || unfit !== undefined) throw failure ?? unfit;
  return 0;
}
