// The four tools, one file each.
//
// Threads: the tools run concurrently. Lifetime: they borrow the desk, which outlives them.
#pragma once

#include "desk.hpp"

namespace imagekit {

mre::Tool request_upload_tool(Desk &desk);
mre::Tool confirm_upload_tool(Desk &desk);
mre::Tool request_download_tool(Desk &desk);
mre::Tool confirm_download_tool(Desk &desk);

} // namespace imagekit
