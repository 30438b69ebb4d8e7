import { replaced } from './documented-files';

/** Takes the source address from the header X-Source, where it is given: one machine has only 127.0.0.0/8. */
export function sourceFromHeader(text: string): string {
  const known = replaced(text, 'is_in_subnet("$si", "$var(net)")', 'is_in_subnet("$var(source)", "$var(net)")');
  return replaced(
    known,
    '  # Addresses of a trunk',
    '  $var(source) = $si;\n  if ($hdr(X-Source) != $null) $var(source) = $hdr(X-Source);\n  # Addresses of a trunk',
  );
}

/** Answers OPTIONS with 200 when the address in X-Source is in the network in X-Net, and with 404 when it is not. */
export function networkOracle(text: string): string {
  return replaced(
    text,
    'request_route {\n',
    `request_route {
  if (is_method("OPTIONS")) {
    $var(net) = $hdr(X-Net);
    if (is_in_subnet("$hdr(X-Source)", "$var(net)")) sl_send_reply("200", "OK"); else sl_send_reply("404", "Not There");
    exit;
  }
`,
  );
}
