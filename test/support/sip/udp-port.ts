export const { freeUdpPort } = jest.requireActual<{ freeUdpPort(): Promise<number> }>(
  '../../../scripts/sip/udp-port.cjs',
);
