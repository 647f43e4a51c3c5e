/** Rows of `search`. */
import type { SearchResult } from '#spec/docker-api/registries.ts';
import { GoStruct } from '../template/values.ts';
import { row } from './rows.ts';

export const SEARCH_HEADER: Readonly<Record<string, string>> = {
  Name: 'NAME',
  Description: 'DESCRIPTION',
  StarCount: 'STARS',
  IsOfficial: 'OFFICIAL',
  IsAutomated: 'AUTOMATED',
};

export const SEARCH_TABLE = 'table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}';

const DESCRIPTION_LENGTH = 45;

export function searchRow(result: SearchResult, truncate: boolean): GoStruct {
  const mark = (is: boolean) => (is ? '[OK]' : '');
  const columns = {
    Name: () => result.name,
    Description: () => shorten(result.description.replaceAll('\n', ' ').replaceAll('\r', ' '), truncate),
    StarCount: () => String(result.star_count),
    IsOfficial: () => mark(result.is_official),
    IsAutomated: () => mark(result.is_automated),
  };
  // As JSON the mark is a word.
  const { Name, Description, StarCount } = columns;
  const words = { Name, Description, StarCount, IsOfficial: () => String(result.is_official) };
  const type = '*formatter.searchContext';
  const { methods } = row(type, columns);
  const { json } = row(type, words);
  return new GoStruct(type, new Map(), { methods, ...(json === undefined ? {} : { json }) });
}

function shorten(text: string, truncate: boolean): string {
  const characters = [...text];
  return truncate && characters.length > DESCRIPTION_LENGTH
    ? `${characters.slice(0, DESCRIPTION_LENGTH - 1).join('')}…`
    : text;
}
