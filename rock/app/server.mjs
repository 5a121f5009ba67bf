// The app container's service: Unleash, configured by environment variables.
//
// What is secret comes from a file instead, so that it is not in the service's definition, where anybody who may read the
// plan can see it: UNLEASH_SECRETS_FILE names a file with a JSON object of further environment variables (DATABASE_URL,
// INIT_ADMIN_API_TOKENS, UNLEASH_DEFAULT_ADMIN_PASSWORD, UNLEASH_SECRET, ...). Secrets are blotted out of the log: Unleash
// 7.6.5 writes the first administrator's password there.
//
// The log is one JSON object per line on standard output: time, level, logger, message. LOG_LEVEL is debug, info, warn,
// error (which is what Unleash itself would take) or fatal.

import { format } from "node:util";
import { readSecrets } from "./secrets.mjs";

const levels = ["debug", "info", "warn", "error", "fatal"];
const secretName = /(PASSWORD|SECRET|TOKENS?|KEY|DATABASE_URL)$/;

const fromFile = readSecrets(process.env.UNLEASH_SECRETS_FILE);
Object.assign(process.env, fromFile);
const blot = blotter(secretValues(process.env, Object.keys(fromFile)));
const getLogger = logProvider(process.env.LOG_LEVEL ?? "error");

// Node's own warnings belong in the log as well.
process.removeAllListeners("warning");
process.on("warning", (warning) => getLogger("node").warn(String(warning)));

try {
  // Unleash reads its environment when it is imported, so not before it is complete.
  const { start } = await import("unleash-server");
  // checkDbOnReady makes /ready follow the database; 7.6.5 does not read CHECK_DB_ON_READY.
  await start({ checkDbOnReady: true, getLogger });
} catch (error) {
  write("fatal", "server.mjs", ["cannot start Unleash:", error]);
  process.exit(1);
}

// secretValues returns every string that must not be seen, longest first, so that no part of one is left over.
function secretValues(environment, named) {
  const names = new Set([...named, ...Object.keys(environment).filter((name) => secretName.test(name))]);
  const values = [...names].flatMap((name) => [environment[name], ...parts(environment[name])]);
  return [...new Set(values)].filter((v) => v.length >= 6).sort((a, b) => b.length - a.length);
}

// parts returns what can turn up by itself: a URL's password, a list's tokens and their random halves.
function parts(value) {
  const password = URL.canParse(value) && new URL(value).password;
  if (password) return [password, decodeURIComponent(password)];
  const tokens = value.split(/,\s?/).filter((token) => /:.*\./.test(token));
  return tokens.flatMap((token) => [token, token.slice(token.indexOf(".") + 1)]);
}

function blotter(secrets) {
  return (text) => secrets.reduce((blotted, secret) => blotted.replaceAll(secret, "***"), text);
}

function logProvider(lowest) {
  const from = Math.max(0, levels.indexOf(lowest));
  return (logger) =>
    Object.fromEntries(
      levels.map((level, i) => [level, i < from ? () => {} : (...message) => write(level, logger, message)]),
    );
}

function write(level, logger, message) {
  const line = { time: new Date().toISOString(), level, logger, message: blot(format(...message)) };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
