// Validates the AsyncAPI document that is named; prints what is wrong and ends with 1 for an error.
const fs = require("fs");
const { Parser } = require("@asyncapi/parser");

(async () => {
  const found = await new Parser().validate(fs.readFileSync(process.argv[2], "utf8"));
  for (const one of found) console.log(`${one.path.join("/")}: ${one.message}`);
  process.exit(found.some((one) => one.severity === 0) ? 1 : 0);
})();
