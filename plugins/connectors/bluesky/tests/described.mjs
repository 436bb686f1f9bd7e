// Judges exchanges by the network's own lexicons, with the network's own validator: JSON lines {what, kind, name, value} come in, a
// line for each that is not as described goes out.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

// The package lies in the folder that ISOCIAL_TEST_TOOLS names, not beside this file.
const require = createRequire(pathToFileURL(`${process.env.ISOCIAL_TEST_TOOLS}/pds/package.json`))
const { jsonToLex, lexicons } = await import(pathToFileURL(require.resolve('@atproto/api')))

const judges = {
  params: (name, value) => lexicons.assertValidXrpcParams(name, value),
  output: (name, value) => lexicons.assertValidXrpcOutput(name, value),
  record: (name, value) => lexicons.assertValidRecord(name, value),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { what, kind, name, value } = JSON.parse(line)
  try {
    judges[kind](name, jsonToLex(value))
  } catch (error) {
    console.log(`${what}: ${name} ${kind}: ${error.message}`)
  }
}
