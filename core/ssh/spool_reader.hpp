// Reading lines back from the segments of a spooled stream.
//
// Promise: memory stays within one buffer and what the page may hold, however long the lines are;
// the gap is told, never bridged silently when reading by line. Threads: pure over the files.
#pragma once

#include "core/base/result.hpp"
#include "core/ssh/output_spool.hpp"
#include "core/ssh/spooled_output.hpp"

namespace mre::ssh {

// unavailable when a segment went away since the survey: survey again.
Result<SpoolPage> read_page(const SpoolSurvey &survey, const SpoolQuery &query);

} // namespace mre::ssh
