/** The attributes of a log message as `docker logs --details` shows them: `a=1,b=two+words`, sorted, escaped as in a query. */
export function escapeDetail(attributes: Readonly<Record<string, string>>): string {
  return Object.keys(attributes)
    .sort()
    .map((name) => `${queryEscape(name)}=${queryEscape(attributes[name] ?? '')}`)
    .join(',');
}

function queryEscape(text: string): string {
  const escaped = encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return escaped.replaceAll('%20', '+');
}
