/** Images as rows of `images`: one for each name. */
import { humanDuration } from '#base/units.ts';
import type { ImageSummary } from '#spec/docker-api/images.ts';
import type { GoStruct } from '../template/values.ts';
import { goTime } from './go-time.ts';
import { humanSize } from './human-size.ts';
import { isTable, row } from './rows.ts';
import { familiarImage, shortId } from './shorten.ts';

export const IMAGE_HEADER: Readonly<Record<string, string>> = {
  ID: 'IMAGE ID',
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  Digest: 'DIGEST',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  Size: 'SIZE',
  Containers: 'CONTAINERS',
  VirtualSize: 'SIZE',
  SharedSize: 'SHARED SIZE',
  UniqueSize: 'UNIQUE SIZE',
};

const CREATED = '{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}';

/** The template of `images` for what `--format`, `--quiet` and `--digests` say. */
export function imageFormat(format: string, quiet: boolean, digests: boolean): string {
  const digest = digests ? '{{.Digest}}' : '';
  if (format === 'table') {
    if (quiet) return '{{.ID}}';
    return `table {{.Repository}}\t{{.Tag}}\t${digests ? `${digest}\t` : ''}{{.ID}}\t${CREATED}\t{{.Size}}`;
  }
  if (format === 'raw') {
    if (quiet) return 'image_id: {{.ID}}';
    const line = digests ? `digest: ${digest}\n` : '';
    return `repository: {{ .Repository }}\ntag: {{.Tag}}\n${line}image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n`;
  }
  return isTable(format) && digests && !format.includes('{{.Digest}}') ? `${format}\t{{.Digest}}` : format;
}

export interface ImageName {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

const NONE = '<none>';

/** The part before and after a tag or a digest; nothing for a text that is no such name. */
function splitName(name: string, separator: ':' | '@'): readonly [repository: string, rest: string] | undefined {
  const at = separator === '@' ? name.indexOf('@') : name.lastIndexOf(':');
  if (at <= 0 || name.slice(at).includes('/') || (separator === ':' && name.includes('@'))) return undefined;
  return [familiarImage(name.slice(0, at)), name.slice(at + 1)];
}

export function isDangling(image: ImageSummary): boolean {
  const { RepoTags: tags, RepoDigests: digests } = image;
  if ((tags?.length ?? 0) === 0 && (digests?.length ?? 0) === 0) return true;
  return tags?.length === 1 && tags[0] === '<none>:<none>' && digests?.length === 1 && digests[0] === '<none>@<none>';
}

/**
 * The names under which an image is listed.
 *
 * @param digestRows true when digests are a column of their own: one row for each
 * @param needsDigest true when tags show their digest
 */
export function imageNames(image: ImageSummary, digestRows: boolean, needsDigest: boolean): ImageName[] {
  if (isDangling(image)) return [{ repository: NONE, tag: NONE, digest: NONE }];
  const digests = Map.groupBy(
    (image.RepoDigests ?? []).flatMap((name) => {
      const parts = splitName(name, '@');
      return parts === undefined ? [] : [parts];
    }),
    ([repository]) => repository,
  );
  const names: ImageName[] = [];
  const tagged = new Set<string>();
  for (const name of image.RepoTags ?? []) {
    const parts = splitName(name, ':');
    if (parts === undefined || name === '<none>:<none>') continue;
    const [repository, tag] = parts;
    tagged.add(repository);
    const own = needsDigest ? (digests.get(repository) ?? []) : [];
    if (own.length === 0) names.push({ repository, tag, digest: NONE });
    for (const [, digest] of own) names.push({ repository, tag, digest });
  }
  for (const [repository, list] of digests) {
    if (tagged.has(repository)) continue;
    if (!digestRows) names.push({ repository, tag: NONE, digest: '' });
    else for (const [, digest] of list) names.push({ repository, tag: NONE, digest });
  }
  return names;
}

export function imageRow(image: ImageSummary, name: ImageName, truncate: boolean): GoStruct {
  const shared = image.SharedSize ?? -1;
  return row('*formatter.imageContext', {
    ID: () => (truncate ? shortId(image.Id) : image.Id),
    Repository: () => name.repository,
    Tag: () => name.tag,
    Digest: () => name.digest,
    CreatedSince: () => `${humanDuration(Date.now() / 1000 - image.Created)} ago`,
    CreatedAt: () => goTime(image.Created),
    Size: () => humanSize(image.Size, 3),
    Containers: () => (image.Containers === -1 ? 'N/A' : String(image.Containers)),
    VirtualSize: () => humanSize(image.Size),
    SharedSize: () => (shared === -1 ? 'N/A' : humanSize(shared)),
    UniqueSize: () => (image.Size === -1 || shared === -1 ? 'N/A' : humanSize(image.Size - shared)),
  });
}
