// Starts a real Bluesky PDS and its PLC directory on loopback, says where on one line, and stops when its input ends.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

// The packages lie in the folder that ISOCIAL_TEST_TOOLS names, not beside this file.
const require = createRequire(pathToFileURL(`${process.env.ISOCIAL_TEST_TOOLS}/pds/package.json`))
const { TestNetworkNoAppView } = await import(pathToFileURL(require.resolve('@atproto/dev-env')))

const network = await TestNetworkNoAppView.create({ pds: {}, plc: {} })
console.log(JSON.stringify({ pds: network.pds.url, plc: network.plc.url }))
process.stdin.resume()
process.stdin.on('end', async () => {
  await network.close()
  process.exit(0)
})
