import { readFileSync } from "node:fs";

// readSecrets returns the environment variables in a file, a JSON object; none if there is no path. A file that cannot be
// used ends the process with one line about it, which quotes nothing of it.
export function readSecrets(path) {
  if (!path) return {};
  try {
    const secrets = JSON.parse(readFileSync(path, "utf8"));
    if (!isObjectOfStrings(secrets)) throw new Error("it is not a JSON object of strings");
    return secrets;
  } catch (error) {
    // What JSON.parse complains of quotes the file.
    const reason = error instanceof SyntaxError ? "it is not JSON" : error.message;
    console.error(`cannot read UNLEASH_SECRETS_FILE ${path}: ${reason}`);
    process.exit(1);
  }
}

function isObjectOfStrings(value) {
  return value?.constructor === Object && Object.values(value).every((v) => typeof v === "string");
}
