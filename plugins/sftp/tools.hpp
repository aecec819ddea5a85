// The tools, one file each.
//
// Threads: the tools run concurrently. Lifetime: they hold a view of the host, which outlives them.
#pragma once

#include <mre/plugin.hpp>

namespace sftp {

mre::Tool upload_file_tool(mre::Host host);
mre::Tool download_file_tool(mre::Host host);
mre::Tool upload_directory_tool(mre::Host host);
mre::Tool download_directory_tool(mre::Host host);
mre::Tool read_file_tool(mre::Host host);
mre::Tool write_file_tool(mre::Host host);
mre::Tool list_directory_tool(mre::Host host);

} // namespace sftp
