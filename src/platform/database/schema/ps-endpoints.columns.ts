/** Asterisk's type for yes and no. */
export const YES_NO = "ENUM('0','1','off','on','false','true','no','yes')";

/** Grouped by type: the order does not matter, because every statement on the table names its columns. */
const COLUMNS_BY_TYPE: [type: string, names: string][] = [
  [
    'VARCHAR(40)',
    `transport context from_domain external_media_address mailboxes moh_suggest callerid callerid_tag
     call_group pickup_group named_call_group named_pickup_group tone_zone language record_on_feature
     record_off_feature rtp_engine sdp_owner sdp_session from_user mwi_from_user dtls_verify dtls_rekey
     media_address message_context voicemail_extension acl contact_acl subscribe_context incoming_mwi_mailbox`,
  ],
  ['VARCHAR(2048)', 'aors'],
  ['VARCHAR(255)', 'auth outbound_auth outbound_proxy'],
  [
    'VARCHAR(80)',
    `identify_by accountcode contact_user geoloc_incoming_call_profile geoloc_outgoing_call_profile
     stir_shaken_profile overlap_context tenantid`,
  ],
  ['VARCHAR(10)', 'tos_audio tos_video'],
  ['VARCHAR(95)', 'deny permit contact_deny contact_permit follow_redirect_methods'],
  [
    'VARCHAR(128)',
    `codec_prefs_incoming_offer codec_prefs_outgoing_offer codec_prefs_incoming_answer
     codec_prefs_outgoing_answer`,
  ],
  ['VARCHAR(200)', 'disallow allow dtls_cert_file dtls_private_key dtls_cipher dtls_ca_file dtls_ca_path'],
  ['VARCHAR(512)', 'security_mechanisms'],
  ['TEXT', 'set_var'],
  [
    'INT',
    `timers_min_se timers_sess_expires device_state_busy_at t38_udptl_maxdatagram sub_min_expiry cos_audio
     cos_video rtp_keepalive rtp_timeout rtp_timeout_hold fax_detect_timeout max_audio_streams
     max_video_streams rtp_port_start rtp_port_end`,
  ],
  ["ENUM('invite','reinvite','update')", 'connected_line_method direct_media_method'],
  ["ENUM('none','outgoing','incoming')", 'direct_media_glare_mitigation'],
  ["ENUM('rfc4733','inband','info','auto','auto_info')", 'dtmf_mode'],
  ["ENUM('forced','no','required','yes')", 'timers'],
  ["ENUM('no','required','peer_supported','yes')", '100rel'],
  ["ENUM('no','sdes','dtls')", 'media_encryption'],
  ["ENUM('none','fec','redundancy')", 't38_udptl_ec'],
  ["ENUM('active','passive','actpass')", 'dtls_setup'],
  ["ENUM('user','uri_core','uri_pjsip')", 'redirect_method'],
  ["ENUM('SHA-1','SHA-256')", 'dtls_fingerprint'],
  ["ENUM('no','mediasec')", 'security_negotiation'],
  ["ENUM('local','local_first','remote','remote_first')", 'incoming_call_offer_pref'],
  ["ENUM('local','local_merge','local_first','remote','remote_merge','remote_first')", 'outgoing_call_offer_pref'],
  [
    "ENUM('allowed_not_screened','allowed_passed_screened','allowed_failed_screened','allowed','prohib_not_screened','prohib_passed_screened','prohib_failed_screened','prohib','unavailable')",
    'callerid_privacy',
  ],
  [
    YES_NO,
    `direct_media disable_direct_media_on_nat force_rport ice_support rewrite_contact rtp_ipv6 rtp_symmetric
     send_diversion send_pai send_rpid aggregate_mwi trust_id_inbound trust_id_outbound use_ptime use_avpf
     inband_progress fax_detect t38_udptl t38_udptl_nat t38_udptl_ipv6 one_touch_recording allow_transfer
     allow_subscribe srtp_tag_32 force_avp media_use_received_transport user_eq_phone moh_passthrough
     media_encryption_optimistic rpid_immediate g726_non_standard bind_rtp_to_media_address
     mwi_subscribe_replaces_unsolicited preferred_codec_only asymmetric_rtp_codec rtcp_mux allow_overlap
     refer_blind_progress notify_early_inuse_ringing webrtc bundle dtls_auto_generate_cert
     follow_early_media_fork accept_multiple_sdp_answers suppress_q850_reason_headers trust_connected_line
     send_connected_line ignore_183_without_sdp stir_shaken send_history_info allow_unauthenticated_options
     t38_bind_udptl_to_media_address send_aoc suppress_moh_on_sendonly`,
  ],
];

/** Every column of ps_endpoints; the service writes only a few of them. */
export const PS_ENDPOINTS_COLUMNS = [
  'id VARCHAR(255) NOT NULL',
  ...COLUMNS_BY_TYPE.flatMap(([type, names]) => names.split(/\s+/).map((name) => `\`${name}\` ${type} NULL`)),
];
