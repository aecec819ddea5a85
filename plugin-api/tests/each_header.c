/* each_header.c - every extension header stands alone, in any order: here the reverse one. */
#include <mre/ext/call.h>
#include <mre/ext/cli.h>
#include <mre/ext/config.h>
#include <mre/ext/content.h>
#include <mre/ext/draft/mcp.h>
#include <mre/ext/draft/task.h>
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

typedef int mre_each_header_compiles; /* ISO C wants a declaration */
