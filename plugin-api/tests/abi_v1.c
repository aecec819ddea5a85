/* abi_v1.c - the frozen shape of the plugin ABI, version 1: every size, offset and number.
 *
 * It only has to compile, as C11 and as C++17, on a 64-bit target.  From the first release on a
 * line here may be added, never changed: a line that fails means that plugins built yesterday would
 * break.  A struct that grows at its tail gets a new size here and new lines for the new members.
 */
#include <mre/ext/call.h>
#include <mre/ext/cli.h>
#include <mre/ext/config.h>
#include <mre/ext/content.h>
#include <mre/ext/guest_files.h>
#include <mre/ext/hosts.h>
#include <mre/ext/job.h>
#include <mre/ext/kv.h>
#include <mre/ext/local.h>
#include <mre/ext/local_tree.h>
#include <mre/ext/log.h>
#include <mre/ext/peer.h>
#include <mre/ext/plugins.h>
#include <mre/ext/sftp.h>
#include <mre/ext/ssh.h>
#include <mre/ext/timer.h>
#include <mre/ext/tools.h>
#include <mre/plugin.h>

#ifdef __cplusplus
#define FROZEN(condition) static_assert(condition, #condition)
#else
#define FROZEN(condition) _Static_assert(condition, #condition)
#endif
#define SIZE(type, bytes) FROZEN(sizeof(struct type) == (bytes))
#define AT(type, member, bytes) FROZEN(offsetof(struct type, member) == (bytes))
#define NUMBER(name, value) FROZEN((name) == (value))

FROZEN(sizeof(void *) == 8);
FROZEN(sizeof(mre_status) == 4);
FROZEN(sizeof(mre_method) == 8);

SIZE(mre_str, 16);
AT(mre_str, data, 0);
AT(mre_str, size, 8);

SIZE(mre_sink, 16);
AT(mre_sink, ctx, 0);
AT(mre_sink, write, 8);

SIZE(mre_source, 16);
AT(mre_source, ctx, 0);
AT(mre_source, read, 8);

SIZE(mre_error, 1544);
AT(mre_error, size, 0);
AT(mre_error, code, 4);
AT(mre_error, message, 8);
AT(mre_error, hint, 1032);

SIZE(mre_tool, 72);
AT(mre_tool, size, 0);
AT(mre_tool, promises, 4);
AT(mre_tool, name, 8);
AT(mre_tool, title, 16);
AT(mre_tool, description, 24);
AT(mre_tool, input_schema, 32);
AT(mre_tool, output_schema, 40);
AT(mre_tool, replaces, 48);
AT(mre_tool, data, 56);
AT(mre_tool, invoke, 64);

SIZE(mre_suppression, 32);
AT(mre_suppression, size, 0);
AT(mre_suppression, required, 4);
AT(mre_suppression, selector, 8);
AT(mre_suppression, reason, 16);
AT(mre_suppression, instead, 24);

SIZE(mre_service, 16);
AT(mre_service, size, 0);
AT(mre_service, reserved, 4);
AT(mre_service, ctx, 8);

SIZE(mre_registry, 40);
AT(mre_registry, size, 0);
AT(mre_registry, reserved, 4);
AT(mre_registry, ctx, 8);
AT(mre_registry, tool, 16);
AT(mre_registry, suppress, 24);
AT(mre_registry, provide, 32);

SIZE(mre_plugin, 112);
AT(mre_plugin, size, 0);
AT(mre_plugin, abi_minor, 4);
AT(mre_plugin, id, 8);
AT(mre_plugin, version, 16);
AT(mre_plugin, title, 24);
AT(mre_plugin, license, 32);
AT(mre_plugin, url, 40);
AT(mre_plugin, needs, 48);
AT(mre_plugin, config_schema, 56);
AT(mre_plugin, max_calls, 64);
AT(mre_plugin, reserved, 68);
AT(mre_plugin, create, 72);
AT(mre_plugin, declare, 80);
AT(mre_plugin, reconfigure, 88);
AT(mre_plugin, stop, 96);
AT(mre_plugin, destroy, 104);

SIZE(mre_host, 16);
AT(mre_host, size, 0);
AT(mre_host, abi_minor, 4);
AT(mre_host, service, 8);

SIZE(mre_call_api, 72);
AT(mre_call_api, size, 0);
AT(mre_call_api, reserved, 4);
AT(mre_call_api, text, 8);
AT(mre_call_api, content, 16);
AT(mre_call_api, structured, 24);
AT(mre_call_api, progress, 32);
AT(mre_call_api, cancelled, 40);
AT(mre_call_api, ask, 48);
AT(mre_call_api, fail, 56);
AT(mre_call_api, finish, 64);

SIZE(mre_config_api, 24);
AT(mre_config_api, size, 0);
AT(mre_config_api, reserved, 4);
AT(mre_config_api, get, 8);
AT(mre_config_api, limits, 16);

SIZE(mre_resource, 64);
AT(mre_resource, size, 0);
AT(mre_resource, is_template, 4);
AT(mre_resource, uri, 8);
AT(mre_resource, name, 16);
AT(mre_resource, title, 24);
AT(mre_resource, description, 32);
AT(mre_resource, mime_type, 40);
AT(mre_resource, data, 48);
AT(mre_resource, read, 56);

SIZE(mre_resource_api, 40);
AT(mre_resource_api, size, 0);
AT(mre_resource_api, reserved, 4);
AT(mre_resource_api, add, 8);
AT(mre_resource_api, text, 16);
AT(mre_resource_api, blob, 24);
AT(mre_resource_api, updated, 32);

SIZE(mre_prompt, 56);
AT(mre_prompt, size, 0);
AT(mre_prompt, reserved, 4);
AT(mre_prompt, name, 8);
AT(mre_prompt, title, 16);
AT(mre_prompt, description, 24);
AT(mre_prompt, arguments, 32);
AT(mre_prompt, data, 40);
AT(mre_prompt, get, 48);

SIZE(mre_prompt_api, 24);
AT(mre_prompt_api, size, 0);
AT(mre_prompt_api, reserved, 4);
AT(mre_prompt_api, add, 8);
AT(mre_prompt_api, result, 16);

SIZE(mre_completion, 40);
AT(mre_completion, size, 0);
AT(mre_completion, reserved, 4);
AT(mre_completion, prompt, 8);
AT(mre_completion, resource, 16);
AT(mre_completion, data, 24);
AT(mre_completion, complete, 32);

SIZE(mre_completion_api, 16);
AT(mre_completion_api, size, 0);
AT(mre_completion_api, reserved, 4);
AT(mre_completion_api, add, 8);

SIZE(mre_hosts_api, 24);
AT(mre_hosts_api, size, 0);
AT(mre_hosts_api, reserved, 4);
AT(mre_hosts_api, resolve, 8);
AT(mre_hosts_api, list, 16);

SIZE(mre_kv_sink, 16);
AT(mre_kv_sink, ctx, 0);
AT(mre_kv_sink, entry, 8);

SIZE(mre_kv_api, 48);
AT(mre_kv_api, size, 0);
AT(mre_kv_api, reserved, 4);
AT(mre_kv_api, get, 8);
AT(mre_kv_api, put, 16);
AT(mre_kv_api, compare_and_put, 24);
AT(mre_kv_api, remove, 32);
AT(mre_kv_api, scan, 40);

SIZE(mre_local_source, 40);
AT(mre_local_source, size, 0);
AT(mre_local_source, permissions, 4);
AT(mre_local_source, bytes, 8);
AT(mre_local_source, source, 16);
AT(mre_local_source, handle, 32);

SIZE(mre_local_target, 32);
AT(mre_local_target, size, 0);
AT(mre_local_target, existed, 4);
AT(mre_local_target, sink, 8);
AT(mre_local_target, handle, 24);

SIZE(mre_local_tree_api, 72);
AT(mre_local_tree_api, size, 0);
AT(mre_local_tree_api, reserved, 4);
AT(mre_local_tree_api, open, 8);
AT(mre_local_tree_api, close, 16);
AT(mre_local_tree_api, list, 24);
AT(mre_local_tree_api, open_source, 32);
AT(mre_local_tree_api, open_target, 40);
AT(mre_local_tree_api, make_directory, 48);
AT(mre_local_tree_api, make_link, 56);
AT(mre_local_tree_api, set_permissions, 64);

SIZE(mre_local_api, 48);
AT(mre_local_api, size, 0);
AT(mre_local_api, reserved, 4);
AT(mre_local_api, open_source, 8);
AT(mre_local_api, close_source, 16);
AT(mre_local_api, open_target, 24);
AT(mre_local_api, commit, 32);
AT(mre_local_api, abandon, 40);

SIZE(mre_log_api, 32);
AT(mre_log_api, size, 0);
AT(mre_log_api, reserved, 4);
AT(mre_log_api, log, 8);
AT(mre_log_api, redact, 16);
AT(mre_log_api, audit, 24);

SIZE(mre_plugins_api, 16);
AT(mre_plugins_api, size, 0);
AT(mre_plugins_api, reserved, 4);
AT(mre_plugins_api, is_active, 8);

SIZE(mre_file_info, 40);
AT(mre_file_info, size, 0);
AT(mre_file_info, kind, 4);
AT(mre_file_info, permissions, 8);
AT(mre_file_info, uid, 12);
AT(mre_file_info, gid, 16);
AT(mre_file_info, reserved, 20);
AT(mre_file_info, bytes, 24);
AT(mre_file_info, modified, 32);

SIZE(mre_entry_sink, 16);
AT(mre_entry_sink, ctx, 0);
AT(mre_entry_sink, entry, 8);

SIZE(mre_file_write, 216);
AT(mre_file_write, size, 0);
AT(mre_file_write, flags, 4);
AT(mre_file_write, host, 8);
AT(mre_file_write, path, 24);
AT(mre_file_write, source, 40);
AT(mre_file_write, expected_bytes, 56);
AT(mre_file_write, max_bytes, 64);
AT(mre_file_write, permissions, 72);
AT(mre_file_write, verify, 76);
AT(mre_file_write, bytes, 80);
AT(mre_file_write, file_bytes, 88);
AT(mre_file_write, sha256, 96);
AT(mre_file_write, reserved_text, 161);
AT(mre_file_write, verified, 164);
AT(mre_file_write, existed, 168);
AT(mre_file_write, result_permissions, 172);
AT(mre_file_write, reserved, 176);
AT(mre_file_write, real_path, 184);
AT(mre_file_write, temporary_path, 200);

SIZE(mre_file_read, 192);
AT(mre_file_read, size, 0);
AT(mre_file_read, reserved, 4);
AT(mre_file_read, host, 8);
AT(mre_file_read, path, 24);
AT(mre_file_read, offset, 40);
AT(mre_file_read, max_bytes, 48);
AT(mre_file_read, sink, 56);
AT(mre_file_read, bytes, 72);
AT(mre_file_read, info, 80);
AT(mre_file_read, sha256, 120);
AT(mre_file_read, reserved_text, 185);

SIZE(mre_sftp_api, 64);
AT(mre_sftp_api, size, 0);
AT(mre_sftp_api, reserved, 4);
AT(mre_sftp_api, stat, 8);
AT(mre_sftp_api, list, 16);
AT(mre_sftp_api, read, 24);
AT(mre_sftp_api, write, 32);
AT(mre_sftp_api, make_directory, 40);
AT(mre_sftp_api, rename, 48);
AT(mre_sftp_api, remove, 56);

SIZE(mre_guest_stat, 80);
AT(mre_guest_stat, size, 0);
AT(mre_guest_stat, ctid, 4);
AT(mre_guest_stat, host, 8);
AT(mre_guest_stat, path, 24);
AT(mre_guest_stat, info, 40);
AT(mre_guest_stat, real_path, 48);
AT(mre_guest_stat, node, 64);

SIZE(mre_guest_write, 48);
AT(mre_guest_write, size, 0);
AT(mre_guest_write, ctid, 4);
AT(mre_guest_write, file, 8);
AT(mre_guest_write, expected_sha256, 16);
AT(mre_guest_write, node, 32);

SIZE(mre_guest_read, 32);
AT(mre_guest_read, size, 0);
AT(mre_guest_read, ctid, 4);
AT(mre_guest_read, file, 8);
AT(mre_guest_read, node, 16);

SIZE(mre_guest_files_api, 40);
AT(mre_guest_files_api, size, 0);
AT(mre_guest_files_api, reserved, 4);
AT(mre_guest_files_api, ctx, 8);
AT(mre_guest_files_api, stat, 16);
AT(mre_guest_files_api, write, 24);
AT(mre_guest_files_api, read, 32);

SIZE(mre_env, 32);
AT(mre_env, name, 0);
AT(mre_env, value, 16);

SIZE(mre_exec, 248);
AT(mre_exec, size, 0);
AT(mre_exec, flags, 4);
AT(mre_exec, host, 8);
AT(mre_exec, command, 24);
AT(mre_exec, argv, 40);
AT(mre_exec, argc, 48);
AT(mre_exec, working_directory, 56);
AT(mre_exec, environment, 72);
AT(mre_exec, environment_count, 80);
AT(mre_exec, input, 88);
AT(mre_exec, out, 104);
AT(mre_exec, err, 120);
AT(mre_exec, timeout_ms, 136);
AT(mre_exec, reserved, 140);
AT(mre_exec, extra_json, 144);
AT(mre_exec, as_json, 160);
AT(mre_exec, outcome, 164);
AT(mre_exec, exit_code, 168);
AT(mre_exec, remote_process, 172);
AT(mre_exec, signal, 176);
AT(mre_exec, first_byte_ms, 208);
AT(mre_exec, duration_ms, 212);
AT(mre_exec, out_bytes, 216);
AT(mre_exec, err_bytes, 224);
AT(mre_exec, settle, 232);
AT(mre_exec, settle_ctx, 240);

SIZE(mre_ssh_api, 24);
AT(mre_ssh_api, size, 0);
AT(mre_ssh_api, reserved, 4);
AT(mre_ssh_api, exec, 8);
AT(mre_ssh_api, exec_into, 16);

SIZE(mre_timer_api, 24);
AT(mre_timer_api, size, 0);
AT(mre_timer_api, reserved, 4);
AT(mre_timer_api, after, 8);
AT(mre_timer_api, cancel, 16);

SIZE(mre_job_api, 24);
AT(mre_job_api, size, 0);
AT(mre_job_api, reserved, 4);
AT(mre_job_api, submit, 8);
AT(mre_job_api, cancel, 16);

SIZE(mre_command, 48);
AT(mre_command, size, 0);
AT(mre_command, reserved, 4);
AT(mre_command, name, 8);
AT(mre_command, arguments, 16);
AT(mre_command, summary, 24);
AT(mre_command, data, 32);
AT(mre_command, run, 40);

SIZE(mre_cli_api, 16);
AT(mre_cli_api, size, 0);
AT(mre_cli_api, reserved, 4);
AT(mre_cli_api, add, 8);

SIZE(mre_transport, 40);
AT(mre_transport, size, 0);
AT(mre_transport, reserved, 4);
AT(mre_transport, name, 8);
AT(mre_transport, ctx, 16);
AT(mre_transport, start, 24);
AT(mre_transport, stop, 32);

SIZE(mre_outgoing, 64);
AT(mre_outgoing, size, 0);
AT(mre_outgoing, flags, 4);
AT(mre_outgoing, message, 8);
AT(mre_outgoing, event_id, 24);
AT(mre_outgoing, session_id, 40);
AT(mre_outgoing, status, 56);
AT(mre_outgoing, reserved, 60);

SIZE(mre_outlet, 16);
AT(mre_outlet, ctx, 0);
AT(mre_outlet, send, 8);

SIZE(mre_client, 24);
AT(mre_client, size, 0);
AT(mre_client, flags, 4);
AT(mre_client, principal, 8);

SIZE(mre_field, 32);
AT(mre_field, name, 0);
AT(mre_field, value, 16);

SIZE(mre_peer_request, 56);
AT(mre_peer_request, size, 0);
AT(mre_peer_request, flags, 4);
AT(mre_peer_request, verb, 8);
AT(mre_peer_request, field_count, 12);
AT(mre_peer_request, fields, 16);
AT(mre_peer_request, body, 24);
AT(mre_peer_request, client, 40);
AT(mre_peer_request, outlet, 48);

SIZE(mre_peer_api, 48);
AT(mre_peer_api, size, 0);
AT(mre_peer_api, reserved, 4);
AT(mre_peer_api, transport, 8);
AT(mre_peer_api, open, 16);
AT(mre_peer_api, receive, 24);
AT(mre_peer_api, request, 32);
AT(mre_peer_api, close, 40);

NUMBER(MRE_OUTGOING_LAST, 1 << 0);
NUMBER(MRE_OUTGOING_MAY_DROP, 1 << 1);
NUMBER(MRE_OUTGOING_PAUSE, 1 << 2);
NUMBER(MRE_CLIENT_LOCAL, 1 << 0);
NUMBER(MRE_REQUEST_POST, 1);
NUMBER(MRE_REQUEST_GET, 2);
NUMBER(MRE_REQUEST_DELETE, 3);
NUMBER(MRE_REQUEST_NO_STREAM, 1 << 0);
SIZE(mre_tool_call, 64);
AT(mre_tool_call, size, 0);
AT(mre_tool_call, reserved, 4);
AT(mre_tool_call, tool, 8);
AT(mre_tool_call, arguments, 24);
AT(mre_tool_call, result, 40);
AT(mre_tool_call, is_error, 56);
AT(mre_tool_call, reserved_tail, 60);

SIZE(mre_tools_api, 24);
AT(mre_tools_api, size, 0);
AT(mre_tools_api, reserved, 4);
AT(mre_tools_api, explain, 8);
AT(mre_tools_api, call, 16);

NUMBER(MRE_OK, 0);
NUMBER(MRE_DEFERRED, -1);
NUMBER(MRE_NEEDS_INPUT, -2);
NUMBER(MRE_INTERNAL, 1);
NUMBER(MRE_BAD_ARGUMENT, 2);
NUMBER(MRE_NOT_FOUND, 3);
NUMBER(MRE_ALREADY_EXISTS, 4);
NUMBER(MRE_DENIED, 5);
NUMBER(MRE_UNREACHABLE, 6);
NUMBER(MRE_HOST_KEY_UNKNOWN, 7);
NUMBER(MRE_HOST_KEY_CHANGED, 8);
NUMBER(MRE_HOST_KEY_REVOKED, 9);
NUMBER(MRE_AUTH_FAILED, 10);
NUMBER(MRE_TIMED_OUT, 11);
NUMBER(MRE_CANCELLED, 12);
NUMBER(MRE_TOO_LARGE, 13);
NUMBER(MRE_LOST, 14);
NUMBER(MRE_CONFLICT, 15);
NUMBER(MRE_LIMIT, 16);
NUMBER(MRE_REMOTE_FAILED, 17);
NUMBER(MRE_LOCAL_FAILED, 18);
NUMBER(MRE_UNSUPPORTED, 19);
NUMBER(MRE_UNAVAILABLE, 20);
NUMBER(MRE_READ_ONLY, 1 << 0);
NUMBER(MRE_ADDITIVE, 1 << 1);
NUMBER(MRE_IDEMPOTENT, 1 << 2);
NUMBER(MRE_CLOSED_WORLD, 1 << 3);
NUMBER(MRE_LOCAL_PATHS, 1 << 4);
NUMBER(MRE_TASK, 1 << 5);
NUMBER(MRE_TASK_ONLY, 1 << 6);
NUMBER(MRE_LOG_ERROR, 0);
NUMBER(MRE_LOG_WARN, 1);
NUMBER(MRE_LOG_INFO, 2);
NUMBER(MRE_LOG_DEBUG, 3);
NUMBER(MRE_LOG_TRACE, 4);
NUMBER(MRE_FILE_OTHER, 0);
NUMBER(MRE_FILE_REGULAR, 1);
NUMBER(MRE_FILE_DIRECTORY, 2);
NUMBER(MRE_FILE_SYMLINK, 3);
NUMBER(MRE_WRITE_OVERWRITE, 1 << 0);
NUMBER(MRE_WRITE_APPEND, 1 << 1);
NUMBER(MRE_WRITE_CREATE_PARENTS, 1 << 2);
NUMBER(MRE_WRITE_PERMISSIONS, 1 << 3);
NUMBER(MRE_VERIFY_AUTO, 0);
NUMBER(MRE_VERIFY_DIGEST, 1);
NUMBER(MRE_VERIFY_SIZE, 2);
NUMBER(MRE_EXEC_PTY, 1 << 0);
NUMBER(MRE_EXEC_MERGE, 1 << 1);
NUMBER(MRE_EXEC_LONG, 1 << 2);
NUMBER(MRE_EXEC_READS, 1 << 3);
NUMBER(MRE_OUTCOME_NONE, 0);
NUMBER(MRE_OUTCOME_EXITED, 1);
NUMBER(MRE_OUTCOME_SIGNALLED, 2);
NUMBER(MRE_OUTCOME_TIMED_OUT, 3);
NUMBER(MRE_OUTCOME_CANCELLED, 4);
NUMBER(MRE_OUTCOME_LOST, 5);
NUMBER(MRE_PROCESS_UNKNOWN, 0);
NUMBER(MRE_PROCESS_GONE, 1);
NUMBER(MRE_PROCESS_RUNNING, 2);
