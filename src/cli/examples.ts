/** Examples that help prints after docker's text, by a command's id. Data only. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  run: [
    'berth run --rm -it busybox sh                       a shell, removed when it ends',
    'berth run -d --name web -m 64m --cpus 0.5 busybox httpd -f',
    'berth run --explain busybox true                    what the kernel would be asked, without doing it',
  ],
  ps: ['berth ps -a --filter status=exited', "berth ps --format '{{.Names}}\\t{{.Status}}'"],
};
