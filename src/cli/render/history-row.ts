/** A step of an image's making as a row of `history`. */
import { humanDuration } from '#base/units.ts';
import type { ImageHistoryItem } from '#spec/docker-api/images.ts';
import type { GoStruct } from '../template/values.ts';
import { rfc3339 } from './go-time.ts';
import { humanSize } from './human-size.ts';
import { row } from './rows.ts';
import { ellipsis, shortId } from './shorten.ts';

export const HISTORY_HEADER: Readonly<Record<string, string>> = {
  ID: 'IMAGE',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  CreatedBy: 'CREATED BY',
  Size: 'SIZE',
  Comment: 'COMMENT',
};

/** The template of `history` for what `--format`, `--quiet` and `--human` say. */
export function historyFormat(format: string, quiet: boolean, human: boolean): string {
  if (format !== 'table') return format;
  if (quiet) return '{{.ID}}';
  return `table {{.ID}}\t{{.${human ? 'CreatedSince' : 'CreatedAt'}}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}`;
}

/** Times up to here mean that the builder left them out: 2000-01-01. */
const UNKNOWN_UNTIL = 946_684_800;

export function historyRow(item: ImageHistoryItem, truncate: boolean, human: boolean): GoStruct {
  const createdAt = () => rfc3339(item.Created);
  const since = () =>
    item.Created <= UNKNOWN_UNTIL ? 'N/A' : `${humanDuration(Date.now() / 1000 - item.Created)} ago`;
  return row('*image.historyContext', {
    ID: () => (truncate ? shortId(item.Id) : item.Id),
    CreatedAt: createdAt,
    CreatedSince: () => (human ? since() : createdAt()),
    CreatedBy: () => {
      const command = item.CreatedBy.replaceAll('\t', ' ');
      return truncate ? ellipsis(command, 45) : command;
    },
    Size: () => (human ? humanSize(item.Size, 3) : String(item.Size)),
    Comment: () => item.Comment,
  });
}
