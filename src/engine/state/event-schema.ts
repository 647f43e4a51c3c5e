/** Table of events, one entry per version; see `openDatabase`. `seq` orders them and is what live readers remember. */
export const EVENT_SCHEMA = {
  name: 'events',
  versions: [
    `
    CREATE TABLE events (
      seq INTEGER PRIMARY KEY,
      time_ns INTEGER NOT NULL,
      type TEXT NOT NULL,
      action TEXT NOT NULL,
      actor TEXT NOT NULL,
      attributes TEXT NOT NULL
    ) STRICT;
    `,
  ],
} as const;
