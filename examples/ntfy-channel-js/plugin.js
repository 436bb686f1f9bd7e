// Sends each alert to a topic of an ntfy server (https://docs.ntfy.sh/publish/#publish-as-json).
//
// One module, no dependency: what the host calls are the two functions of `alertChannel`, as wit/alert-channel.wit describes them.
// Records are objects, variants are { tag, val }, an absent option is undefined, 64-bit integers are BigInts, bytes are a Uint8Array.

import { write } from 'isocial:plugin/log@0.1.0';

/** The manifest's slot whose token the host attaches. */
const TOKEN = 'token';
/** ntfy's priorities by how urgent a notice is. */
const PRIORITY = { info: 3, warning: 4, critical: 5 };
/** Names that ntfy shows as emoji in front of the title. */
const TAG = { info: 'bell', warning: 'warning', critical: 'rotating_light' };
/** Bytes of a message that ntfy takes as text; beyond it turns the message into an attachment. */
const MESSAGE_BYTES = 4096;

/** A fault is thrown: the host gets it as the error of the result. */
const badConfig = (pointer, problem) => ({ tag: 'bad-config', val: { pointer, problem } });

function settings(destination) {
  const { server, topic } = JSON.parse(destination.config);
  // Plain http is the host's to refuse: an operator may have made an exception for an address of the same machine.
  if (!/^https?:\/\/[^/?#]+\/?$/.test(server ?? '')) throw badConfig('/server', 'expected an https address without a path');
  if (!/^[-_A-Za-z0-9]{1,64}$/.test(topic ?? '')) throw badConfig('/topic', 'expected 1 to 64 letters, digits, - and _');
  return { url: server.endsWith('/') ? server : server + '/', topic };
}

/** Text of at most so many bytes of UTF-8, cut between characters. */
function cut(text, limit) {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= limit) return text;
  let end = limit - 3;
  while ((bytes[end] & 0xc0) === 0x80) end -= 1;
  return new TextDecoder().decode(bytes.subarray(0, end)) + '…';
}

/** What was not granted is absent: an empty name, a time of 0, no excerpts. */
function text(notice) {
  const many = `${notice.count} ${notice.count === 1n ? 'mention' : 'mentions'}`;
  const usual = notice.expected === undefined ? '' : `, ${Math.round(notice.expected * 10) / 10} expected`;
  const lines = [many + usual + (notice.monitor ? ` · ${notice.monitor}` : '')];
  if (notice.start !== 0n && notice.end > notice.start) {
    const at = (instant) => new Date(Number(instant)).toISOString().slice(0, 16).replace('T', ' ');
    lines.push(`${at(notice.start)} to ${at(notice.end)} UTC`);
  }
  for (const excerpt of notice.excerpts) lines.push(`“${excerpt}”`);
  return cut(lines.join('\n'), MESSAGE_BYTES);
}

/** Seconds that the server asks to wait, where it gives a number. */
function wait(response) {
  const value = response.headers.find(({ name }) => name === 'retry-after')?.value.trim();
  return /^\d{1,6}$/.test(value ?? '') ? Number(value) : undefined;
}

/** Trying again helps with what is said to pass, and with nothing else. */
function verdict(response) {
  const { status } = response;
  if (status >= 200 && status < 300) return { tag: 'delivered' };
  if (status === 408 || status === 425 || status === 429 || status >= 500) return { tag: 'retry', val: wait(response) };
  if (status === 401 || status === 403) return { tag: 'failed', val: `the server refuses the token for this topic (${status})` };
  if (status >= 300 && status < 400) return { tag: 'failed', val: `the server redirects (${status}): give the address that it leads to` };
  write('warn', `the server refused a message with status ${status}`);
  return { tag: 'failed', val: `the server refused it (${status})` };
}

export const alertChannel = {
  compose(notice, destination) {
    const { url, topic } = settings(destination);
    const message = {
      topic,
      title: cut(notice.rule || 'Alert', 250),
      message: text(notice),
      priority: PRIORITY[notice.severity],
      tags: [TAG[notice.severity], notice.event],
    };
    if (notice.link) message.click = notice.link;
    return {
      tag: 'http',
      val: {
        method: 'post',
        url,
        headers: [{ name: 'content-type', value: 'application/json' }],
        body: new TextEncoder().encode(JSON.stringify(message)),
        credential: TOKEN,
      },
    };
  },

  judge(_notice, _destination, reply) {
    if (reply.tag === 'smtp') throw { tag: 'permanent', val: 'an ntfy server is not answered by mail' };
    if (reply.val.tag === 'response') return verdict(reply.val.val);
    if (reply.val.val === 'denied') return { tag: 'failed', val: 'the host does not allow this address: check it' };
    // Nobody knows whether it arrived; a second copy is better than none.
    return { tag: 'retry', val: reply.val.val === 'budget' ? 60 : undefined };
  },
};
