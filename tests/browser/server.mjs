// A small static server for `make serve`, the browser tests and the bench: mime types, Range requests, any number of folders
// under any paths, and a log of what was asked. As a program: node tests/browser/server.mjs [--port N] [FOLDER]

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import process from 'node:process';
import { pipeline } from 'node:stream';
import { pathToFileURL } from 'node:url';

/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ts': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/**
 * @typedef {object} Asked
 * @property {string} method
 * @property {string} path the path of the URL, decoded
 * @property {string | null} file the file that it names
 * @property {string | null} range the Range header
 * @property {number} status
 * @property {number} bytes the size of the body that was promised
 *
 * @typedef {object} Server
 * @property {string} url the address of the first folder; ends with a slash
 * @property {string} origin
 * @property {Asked[]} log every request to this server, in order
 * @property {string[]} foreign every request that came here as to a proxy: what a page asks of other hosts
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Options
 * @property {Record<string, string>} mounts folders by the paths that they appear under, such as `{'/': 'dist'}`
 * @property {number} [port] the first port to try; 0 (the default) takes any
 * @property {boolean} [range] whether Range is honoured (the default)
 * @property {boolean} [cors] whether pages of other origins may read (not the default)
 * @property {number} [delay] milliseconds before each answer
 */

/**
 * The first and last byte that a Range header asks for; null when it asks for something else; 'beyond' when there are no such bytes.
 * @param {string} header
 * @param {number} size of the file
 * @returns {[number, number] | 'beyond' | null}
 */
export function parseRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (!match || (match[1] === '' && match[2] === '')) {
    return null;
  }
  if (match[1] === '') {
    const count = Math.min(Number(match[2]), size);
    return count === 0 ? 'beyond' : [size - count, size - 1];
  }
  const first = Number(match[1]);
  const last = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (match[2] !== '' && Number(match[2]) < first) {
    return null;
  }
  return first >= size ? 'beyond' : [first, last];
}

/**
 * The file that a path names, or null.
 * @param {Record<string, string>} mounts
 * @param {string} name
 */
function locate(mounts, name) {
  const mount = Object.keys(mounts).filter((prefix) => name.startsWith(prefix)).sort((a, b) => b.length - a.length)[0];
  if (mount === undefined) {
    return null;
  }
  const root = path.resolve(mounts[mount]);
  let file = path.join(root, name.slice(mount.length));
  if (file !== root && !file.startsWith(root + path.sep)) {
    return null;
  }
  if (name.endsWith('/')) {
    file = path.join(file, 'index.html');
  }
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? { file, size: stat.size, tag: `"${stat.size.toString(36)}-${Math.trunc(stat.mtimeMs).toString(36)}"` } : null;
}

/**
 * Answers one request.
 * @param {Options} options
 * @param {Asked} asked filled in
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 */
function answer(options, asked, request, response) {
  /** @type {http.OutgoingHttpHeaders} */
  const headers = { 'Cache-Control': 'no-cache' };
  /** @param {number} status */
  const end = (status) => {
    asked.status = status;
    response.writeHead(status, headers).end();
  };
  if (options.cors) {
    headers['Access-Control-Allow-Origin'] = '*';
    headers['Access-Control-Allow-Headers'] = 'Range, If-Range';
    headers['Access-Control-Expose-Headers'] = 'Accept-Ranges, Content-Range, Content-Length, ETag';
  }
  if (request.method === 'OPTIONS') {
    return end(204);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return end(405);
  }
  const found = locate(options.mounts, asked.path);
  if (!found) {
    return end(404);
  }
  asked.file = found.file;
  headers['Content-Type'] = TYPES[path.extname(found.file)] ?? 'application/octet-stream';
  headers['ETag'] = found.tag;
  let [first, last] = [0, found.size - 1];
  asked.status = 200;
  if (options.range !== false) {
    headers['Accept-Ranges'] = 'bytes';
    const unchanged = !request.headers['if-range'] || request.headers['if-range'] === found.tag;
    const range = asked.range && unchanged ? parseRange(asked.range, found.size) : null;
    if (range === 'beyond') {
      headers['Content-Range'] = `bytes */${found.size}`;
      return end(416);
    }
    if (range) {
      [first, last] = range;
      asked.status = 206;
      headers['Content-Range'] = `bytes ${first}-${last}/${found.size}`;
    }
  }
  asked.bytes = last - first + 1;
  headers['Content-Length'] = asked.bytes;
  response.writeHead(asked.status, headers);
  if (request.method === 'HEAD' || asked.bytes === 0) {
    response.end();
  } else {
    // A reader that goes away ends the stream; that is no error of the server's.
    pipeline(fs.createReadStream(found.file, { start: first, end: last }), response, () => {});
  }
}

/**
 * Starts a server on the loopback interface.
 * @param {Options} options
 * @returns {Promise<Server>}
 */
export async function serve(options) {
  /** @type {Asked[]} */
  const log = [];
  /** @type {string[]} */
  const foreign = [];
  const server = http.createServer((request, response) => {
    const target = request.url ?? '/';
    if (!target.startsWith('/')) {
      foreign.push(target);
      response.writeHead(403).end();
      return;
    }
    let name = target.split(/[?#]/, 1)[0];
    try {
      name = decodeURIComponent(name);
    } catch {
      // a stray per cent sign: take the path as it is
    }
    const asked = { method: request.method ?? '', path: name, file: null, range: request.headers.range ?? null, status: 0, bytes: 0 };
    log.push(asked);
    setTimeout(() => answer(options, asked, request, response), options.delay ?? 0);
  });
  server.on('connect', (request, socket) => {
    foreign.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  const port = await listen(server, options.port ?? 0);
  const origin = `http://127.0.0.1:${port}`;
  return {
    log,
    foreign,
    origin,
    url: origin + Object.keys(options.mounts)[0],
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

/**
 * Listens on `port`, or on the next one that is free.
 * @param {http.Server} server
 * @param {number} port
 * @returns {Promise<number>} the port
 */
async function listen(server, port) {
  for (;;) {
    try {
      await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => resolve(null));
      });
      const address = server.address();
      return typeof address === 'object' && address ? address.port : port;
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE' || port >= 65535) {
        throw error;
      }
      port += 1;
    }
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const args = process.argv.slice(2);
  const port = args[0] === '--port' ? Number(args.splice(0, 2)[1]) : 8080;
  const server = await serve({ mounts: { '/': args[0] ?? 'dist' }, port });
  console.log(`Lamina is at ${server.url} (Ctrl+C stops it)`);
}
