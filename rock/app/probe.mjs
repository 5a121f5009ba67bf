// Tells why the app cannot use its database: one line on standard error and exit code 1, or nothing and 0.
//
// It takes its settings as server.mjs does.

import { readFileSync } from "node:fs";
import pg from "pg";
import { readSecrets } from "./secrets.mjs";

const settings = { ...process.env, ...readSecrets(process.env.UNLEASH_SECRETS_FILE) };
const client = new pg.Client({
  connectionString: settings.DATABASE_URL,
  ssl: ssl(settings),
  connectionTimeoutMillis: 5000,
});
try {
  await client.connect();
  await client.query("SELECT 1");
  await client.end();
} catch (error) {
  // PostgreSQL's and the system's own words; they hold no password.
  console.error((error.message || error.code || String(error)).split("\n")[0]);
  process.exit(1);
}

function ssl({ DATABASE_SSL, DATABASE_SSL_CA_FILE }) {
  if (DATABASE_SSL_CA_FILE) return { ca: readFileSync(DATABASE_SSL_CA_FILE, "utf8") };
  return DATABASE_SSL ? JSON.parse(DATABASE_SSL) : undefined;
}
