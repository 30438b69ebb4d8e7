// A phone for SIPp: sends a request, and sends it again with credentials when it is challenged.

const message = (method, domain, user, number, credentials) => {
  const target = method === 'INVITE' ? 'echo' : user;
  return `<send><![CDATA[
${method} sip:${method === 'INVITE' ? 'echo@' : ''}${domain} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:${user}@${domain}>;tag=[call_number]
To: <sip:${target}@${domain}>
Call-ID: [call_id]
CSeq: ${number} ${method}
Contact: <sip:${user}@[local_ip]:[local_port]>
Max-Forwards: 70
Expires: 120
${credentials}Content-Length: 0

]]></send>`;
};

/** The SIPp scenario. `challenge` is the status of the challenge; none when the address alone is enough. */
export function scenarioOf(method, domain, { user, password, challenge }) {
  const credentials = `[authentication username=${user} password=${password}]\n`;
  const steps = challenge
    ? [
        message(method, domain, user, 1, ''),
        `<recv response="${challenge}" auth="true"/>`,
        message(method, domain, user, 2, credentials),
      ]
    : [message(method, domain, user, 1, '')];
  return `<?xml version="1.0"?>\n<scenario>\n${steps.join('\n')}\n<recv response="200"/>\n</scenario>\n`;
}
