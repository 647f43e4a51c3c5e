import { BerthError } from '#base/errors.ts';
import type { HistoryEntry } from '#spec/oci-image/image-config.ts';
import {
  asArray,
  asObject,
  asOptionalString,
  asString,
  type JsonObject,
  parseJsonObject,
} from '#spec/oci-image/json-checks.ts';
import { LAYERS_MAX } from '#spec/oci-image/limits.ts';
import { DOCKER_LAYER } from '#spec/oci-image/media-types.ts';
import { type ArchiveImage, type ArchiveLayer, readDocument } from './archive-image.ts';
import type { SpooledArchive } from './spooled-archive.ts';

export const REPOSITORIES_FILE = 'repositories';

/** An image of the layout before Docker 1.10: its configuration is complete once the layers' digests are known. */
export interface LegacyImage extends Omit<ArchiveImage, 'config'> {
  readonly configOf: (diffIds: readonly string[]) => string;
}

/** The images of an archive with one folder per layer (`ID/json`, `ID/layer.tar`) and a file `repositories`. */
export function readLegacyArchive(archive: SpooledArchive): LegacyImage[] {
  const namesById = namesOf(archive);
  const ids = archive.paths().flatMap((path) => /^([0-9a-f]{64})\/json$/.exec(path)?.[1] ?? []);
  const documents = new Map(ids.map((id) => [id, parseJsonObject(readDocument(archive, `${id}/json`), `${id}/json`)]));
  const parents = new Set([...documents.values()].map((document) => document['parent']));
  // An image is what has a name, or what nothing builds on.
  const tops = ids.filter((id) => namesById.has(id) || !parents.has(id));
  return tops.map((id) => readImage(archive, documents, id, namesById.get(id) ?? []));
}

function namesOf(archive: SpooledArchive): Map<string, string[]> {
  const names = new Map<string, string[]>();
  if (!archive.has(REPOSITORIES_FILE)) return names;
  for (const [repository, value] of Object.entries(
    parseJsonObject(readDocument(archive, REPOSITORIES_FILE), REPOSITORIES_FILE),
  )) {
    for (const [tag, target] of Object.entries(asObject(value, `${REPOSITORIES_FILE}: ${repository}`))) {
      const id = asString(target, `${REPOSITORIES_FILE}: ${repository}:${tag}`);
      names.set(id, [...(names.get(id) ?? []), `${repository}:${tag}`]);
    }
  }
  return names;
}

function readImage(
  archive: SpooledArchive,
  documents: ReadonlyMap<string, JsonObject>,
  top: string,
  names: readonly string[],
): LegacyImage {
  const chain: JsonObject[] = [];
  const layers: ArchiveLayer[] = [];
  for (let id: string | undefined = top; id !== undefined && id !== ''; ) {
    const document: JsonObject | undefined = documents.get(id);
    if (document === undefined || chain.length >= LAYERS_MAX) {
      throw new BerthError(
        'invalid',
        'archive.missing',
        `invalid archive: layer ${id} is missing or has too many parents`,
      );
    }
    chain.unshift(document);
    layers.unshift({ member: archive.file(`${id}/layer.tar`), mediaType: DOCKER_LAYER });
    id = asOptionalString(document['parent'], `${id}/json: parent`);
  }
  const history = chain.map(historyOf);
  return { layers, names, configOf: (diffIds) => JSON.stringify(configOf(chain.at(-1)!, history, diffIds)) };
}

function configOf(document: JsonObject, history: readonly HistoryEntry[], diffIds: readonly string[]): unknown {
  const { architecture = 'amd64', os = 'linux', created, author, config } = document;
  return { architecture, os, created, author, config, rootfs: { type: 'layers', diff_ids: diffIds }, history };
}

function historyOf(document: JsonObject): HistoryEntry {
  const what = 'layer json';
  const made = document['container_config'];
  const command = typeof made === 'object' && made !== null ? (made as JsonObject)['Cmd'] : undefined;
  const words = command === undefined || command === null ? undefined : asArray(command, `${what}: Cmd`).join(' ');
  const created = asOptionalString(document['created'], `${what}: created`);
  const author = asOptionalString(document['author'], `${what}: author`);
  const comment = asOptionalString(document['comment'], `${what}: comment`);
  return {
    ...(created === undefined ? {} : { created }),
    ...(author === undefined ? {} : { author }),
    ...(words === undefined ? {} : { created_by: words }),
    ...(comment === undefined ? {} : { comment }),
  };
}
