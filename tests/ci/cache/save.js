const fs = require("fs"), { INPUT_PATH: path, INPUT_KEY: key, CACHES: caches } = process.env;
const there = caches && `${caches}/${key}`;
if (there && !fs.existsSync(there) && fs.existsSync(path)) {
  fs.cpSync(path, there, { recursive: true });
  console.log(`Cache saved with key: ${key}`);
}
