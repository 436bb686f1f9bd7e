// Starts a real Bluesky PDS and its PLC directory on loopback, says where on one line, and stops when its input ends.
// With `--jetstream` also a Jetstream of it: the server's own firehose, decoded by the network's own library (no Jetstream server can be
// installed from a registry), told as its published description (version 1, `/subscribe`) has it, resumable by the time of an event.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

// The packages lie in the folder that ISOCIAL_TEST_TOOLS names, not beside this file.
const require = createRequire(pathToFileURL(`${process.env.ISOCIAL_TEST_TOOLS}/pds/package.json`))
const load = (name) => import(pathToFileURL(require.resolve(name)))
const { TestNetworkNoAppView } = await load('@atproto/dev-env')

const network = await TestNetworkNoAppView.create({ pds: {}, plc: {} })
const at = { pds: network.pds.url, plc: network.plc.url }
let stop = async () => {}
if (process.argv.includes('--jetstream')) {
  const jetstream = await tellOn(network)
  at.jetstream = jetstream.url
  stop = jetstream.stop
}
console.log(JSON.stringify(at))
process.stdin.resume()
process.stdin.on('end', async () => {
  await stop()
  await network.close()
  process.exit(0)
})

async function tellOn(network) {
  const { Firehose } = await load('@atproto/sync')
  const { IdResolver } = await load('@atproto/identity')
  const { default: WebSocket } = await load('ws')

  const log = []
  const readers = new Map()
  const tell = (event) => {
    const last = log.at(-1)?.time_us ?? 0
    event.time_us = Math.max(Date.now() * 1000, last + 1)
    log.push(event)
    for (const [socket, wants] of readers) if (wants(event)) socket.send(JSON.stringify(event))
  }
  const firehose = new Firehose({
    service: network.pds.url.replace(/^http/, 'ws'),
    idResolver: new IdResolver({ plcUrl: network.plc.url, fetch: globalThis.fetch }),
    unauthenticatedCommits: true,
    unauthenticatedHandles: true,
    onError: () => {},
    handleEvent: async (event) => {
      const { did, seq, time } = event
      if (event.event === 'identity') {
        tell({ did, kind: 'identity', identity: { did, handle: event.handle, seq, time } })
      } else if (event.event === 'account') {
        const { active, status } = event
        tell({ did, kind: 'account', account: { active, did, seq, time, ...(status && { status }) } })
      } else if (['create', 'update', 'delete'].includes(event.event)) {
        const commit = { rev: event.rev, operation: event.event, collection: event.collection, rkey: event.rkey }
        if (event.event !== 'delete') Object.assign(commit, { record: event.record, cid: event.cid.toString() })
        tell({ did, kind: 'commit', commit })
      }
    },
  })
  firehose.start()

  const server = new WebSocket.Server({ host: '127.0.0.1', port: 0, path: '/subscribe' })
  await new Promise((resolve) => server.once('listening', resolve))
  server.on('connection', (socket, request) => {
    const params = new URL(request.url, 'ws://localhost').searchParams
    const wanted = params.getAll('wantedCollections')
    const wants = (event) => event.kind !== 'commit' || wanted.length === 0 || wanted.includes(event.commit.collection)
    if (params.has('cursor')) {
      const after = Number(params.get('cursor'))
      for (const event of log) if (event.time_us > after && wants(event)) socket.send(JSON.stringify(event))
    }
    readers.set(socket, wants)
    socket.on('close', () => readers.delete(socket))
    socket.on('error', () => readers.delete(socket))
  })
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    stop: async () => {
      for (const socket of readers.keys()) socket.terminate()
      server.close()
      await firehose.destroy()
    },
  }
}
