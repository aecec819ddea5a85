/* mre/version.h - the one place where the version of mcp-remote-exec is written. */
#ifndef MRE_VERSION_H
#define MRE_VERSION_H
#define MRE_VERSION_STRING "0.1.0"
#endif
