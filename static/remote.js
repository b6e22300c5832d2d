/**
 * Models on servers: what they are called, and the download of those whose server has no Range requests.
 *
 * @module
 */

import { SessionError } from './session.js';

/** @import {Progress} from './types.js' */

/** Pieces are joined into blobs of this size as they come, so that the browser can move them out of memory. */
const JOIN = 16 * 1024 * 1024;

/**
 * The last part of the path.
 * @param {URL} url
 */
export function nameOf(url) {
  const last = url.pathname.split('/').filter(Boolean).at(-1) ?? url.hostname;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/**
 * Downloads the whole file.
 * @param {URL} url
 * @param {(progress: Progress) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<Blob>}
 */
export async function download(url, onProgress, signal) {
  const response = await fetch(url, { signal, credentials: 'omit' }).catch((error) => {
    if (signal.aborted) throw error;
    const message = `${url.hostname} does not answer, or does not let other pages read this file. Download the file and drop it here.`;
    throw new SessionError({ kind: 'io', message });
  });
  if (!response.ok || !response.body) {
    const message = response.status === 404
      ? `There is no file at ${url.href}.`
      : `${url.hostname} refuses to hand out this file. Download it and drop it here.`;
    throw new SessionError({ kind: 'io', message });
  }
  // With a content encoding the length is that of the packed bytes, which says nothing about ours.
  const total = response.headers.has('content-encoding') ? 0 : Number(response.headers.get('content-length') ?? 0);
  /** @type {BlobPart[]} */
  let parts = [];
  let pending = 0;
  let bytesRead = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    parts.push(value);
    pending += value.length;
    bytesRead += value.length;
    if (pending > JOIN) {
      parts = [new Blob(parts)];
      pending = 0;
    }
    onProgress({ stage: 'Downloading', done: total > 0 ? Math.min(1, bytesRead / total) : null, bytesRead });
  }
}
