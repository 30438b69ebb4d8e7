'use strict';
const { createSocket } = require('node:dgram');
const { once } = require('node:events');

/** A UDP port on which nobody listens now. */
async function freeUdpPort() {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

module.exports = { freeUdpPort };
