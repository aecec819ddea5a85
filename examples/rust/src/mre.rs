//! mre/plugin.h and the services call, log, ssh, timer, job, tools and cli of mre/ext/, as `repr(C)`
//! structs; what the functions promise stands in the headers. The shapes are frozen: fields are only
//! ever added at the end, after a greater `size`.
#![allow(dead_code)]

use std::ffi::{c_char, c_void};

pub type Status = i32;
pub const OK: Status = 0;
/// The call is kept and will be finished with `CallApi::finish`.
pub const DEFERRED: Status = -1;
/// A person must answer first: return this; the tool runs again with the answer.
pub const NEEDS_INPUT: Status = -2;
pub const INTERNAL: Status = 1;
pub const BAD_ARGUMENT: Status = 2;
pub const NOT_FOUND: Status = 3;
pub const ALREADY_EXISTS: Status = 4;
pub const DENIED: Status = 5;
pub const UNREACHABLE: Status = 6;
pub const HOST_KEY_UNKNOWN: Status = 7;
pub const HOST_KEY_CHANGED: Status = 8;
pub const HOST_KEY_REVOKED: Status = 9;
pub const AUTH_FAILED: Status = 10;
pub const TIMED_OUT: Status = 11;
pub const CANCELLED: Status = 12;
pub const TOO_LARGE: Status = 13;
pub const LOST: Status = 14;
pub const CONFLICT: Status = 15;
pub const LIMIT: Status = 16;
pub const REMOTE_FAILED: Status = 17;
pub const LOCAL_FAILED: Status = 18;
pub const UNSUPPORTED: Status = 19;
pub const UNAVAILABLE: Status = 20;

/// Promises of a tool; zero is the most dangerous tool there is.
pub const READ_ONLY: u32 = 1 << 0;
pub const ADDITIVE: u32 = 1 << 1;
pub const IDEMPOTENT: u32 = 1 << 2;
pub const CLOSED_WORLD: u32 = 1 << 3;

/// How a command ended.
pub const OUTCOME_EXITED: i32 = 1;

#[repr(C)]
pub struct Call {
    _private: [u8; 0],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub data: *const c_char,
    pub size: usize,
}

impl Str {
    pub const EMPTY: Str = Str { data: std::ptr::null(), size: 0 };
    pub fn of(text: &str) -> Str {
        Str { data: text.as_ptr() as *const c_char, size: text.len() }
    }
    /// The bytes, for as long as the host lends them; none where `data` is null.
    ///
    /// # Safety
    /// Only for what the host gave, and not after the function that it was given to has returned.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.size == 0 {
            return &[];
        }
        std::slice::from_raw_parts(self.data as *const u8, self.size)
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Sink {
    pub ctx: *mut c_void,
    pub write: Option<extern "C" fn(*mut c_void, Str) -> i32>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Source {
    pub ctx: *mut c_void,
    pub read: Option<extern "C" fn(*mut c_void, *mut c_char, usize) -> i64>,
}

#[repr(C)]
pub struct Error {
    pub size: u32,
    pub code: Status,
    pub message: [c_char; 1024],
    pub hint: [c_char; 512],
}

#[repr(C)]
pub struct Host {
    pub size: u32,
    pub abi_minor: u32,
    pub service: extern "C" fn(*const Host, *const c_char) -> *const c_void,
}

#[repr(C)]
pub struct Tool {
    pub size: u32,
    pub promises: u32,
    pub name: *const c_char,
    pub title: *const c_char,
    pub description: *const c_char,
    pub input_schema: *const c_char,
    pub output_schema: *const c_char,
    pub replaces: *const c_char,
    pub data: *mut c_void,
    pub invoke: extern "C" fn(*mut c_void, *mut Call, Str, *mut Error) -> Status,
}

#[repr(C)]
pub struct Registry {
    pub size: u32,
    pub reserved: u32,
    pub ctx: *mut c_void,
    pub tool: extern "C" fn(*mut c_void, *const Tool, *mut Error) -> Status,
    pub suppress: extern "C" fn(*mut c_void, *const c_void, *mut Error) -> Status,
    pub provide: extern "C" fn(*mut c_void, *const c_char, *const c_void, *mut Error) -> Status,
}

#[repr(C)]
pub struct Plugin {
    pub size: u32,
    pub abi_minor: u32,
    pub id: *const c_char,
    pub version: *const c_char,
    pub title: *const c_char,
    pub license: *const c_char,
    pub url: *const c_char,
    pub needs: *const *const c_char,
    pub config_schema: *const c_char,
    pub max_calls: u32,
    pub reserved: u32,
    pub create: extern "C" fn(*const Host, Str, *mut *mut c_void, *mut Error) -> Status,
    pub declare: extern "C" fn(*mut c_void, *const Registry, *mut Error) -> Status,
    pub reconfigure: Option<extern "C" fn(*mut c_void, Str, *mut Error) -> Status>,
    pub stop: Option<extern "C" fn(*mut c_void)>,
    pub destroy: extern "C" fn(*mut c_void),
}

/// A table of constants with pointers in it, shared as the host shares it: never written.
pub struct Shared<T>(pub T);
unsafe impl<T> Sync for Shared<T> {}

#[repr(C)]
pub struct CallApi {
    pub size: u32,
    pub reserved: u32,
    pub text: extern "C" fn(*mut Call, Str) -> Status,
    pub content: extern "C" fn(*mut Call, Str) -> Status,
    pub structured: extern "C" fn(*mut Call, Str) -> Status,
    pub progress: extern "C" fn(*mut Call, f64, f64, Str),
    pub cancelled: extern "C" fn(*mut Call) -> i32,
    pub ask: extern "C" fn(*mut Call, Str, Str, Sink, *mut Error) -> Status,
    pub fail: extern "C" fn(*mut Call, Status, Str, Str) -> Status,
    pub finish: extern "C" fn(*mut Call, Status, *const Error),
}

pub const LOG_ERROR: i32 = 0;
pub const LOG_WARN: i32 = 1;
pub const LOG_INFO: i32 = 2;
pub const LOG_DEBUG: i32 = 3;

#[repr(C)]
pub struct LogApi {
    pub size: u32,
    pub reserved: u32,
    pub log: extern "C" fn(*const Host, i32, Str, Str),
    pub redact: extern "C" fn(*const Host, Str),
    pub audit: extern "C" fn(*const Host, *mut Call, Str),
}

/// The callbacks of timers and jobs run on threads of the host, beside calls.
#[repr(C)]
pub struct TimerApi {
    pub size: u32,
    pub reserved: u32,
    pub after: extern "C" fn(
        *const Host,
        u64,
        extern "C" fn(*mut c_void),
        *mut c_void,
        *mut u64,
        *mut Error,
    ) -> Status,
    pub cancel: extern "C" fn(*const Host, u64) -> i32,
}

#[repr(C)]
pub struct JobApi {
    pub size: u32,
    pub reserved: u32,
    pub submit: extern "C" fn(
        *const Host,
        extern "C" fn(*mut c_void, *mut Call),
        *mut c_void,
        *mut u64,
        *mut Error,
    ) -> Status,
    pub cancel: extern "C" fn(*const Host, u64) -> i32,
}

#[repr(C)]
pub struct ToolCall {
    pub size: u32,
    pub reserved: u32,
    pub tool: Str,
    pub arguments: Str,
    pub result: Sink,
    pub is_error: i32,
    pub reserved_tail: i32,
}

#[repr(C)]
pub struct ToolsApi {
    pub size: u32,
    pub reserved: u32,
    pub explain: extern "C" fn(*const Host, Str, Sink, *mut Error) -> Status,
    pub call: extern "C" fn(*const Host, *mut Call, *mut ToolCall, *mut Error) -> Status,
}

#[repr(C)]
pub struct Command {
    pub size: u32,
    pub reserved: u32,
    pub name: *const c_char,
    pub arguments: *const c_char,
    pub summary: *const c_char,
    pub data: *mut c_void,
    pub run: extern "C" fn(*mut c_void, *mut Call, *const Str, usize, *mut Error) -> Status,
}

#[repr(C)]
pub struct CliApi {
    pub size: u32,
    pub reserved: u32,
    pub add: extern "C" fn(*const Registry, *const Command, *mut Error) -> Status,
}

#[repr(C)]
pub struct Exec {
    pub size: u32,
    pub flags: u32,
    pub host: Str,
    pub command: Str,
    pub argv: *const Str,
    pub argc: usize,
    pub working_directory: Str,
    pub environment: *const c_void,
    pub environment_count: usize,
    pub input: Source,
    pub out: Sink,
    pub err: Sink,
    pub timeout_ms: u32,
    pub reserved: u32,
    pub extra_json: Str,
    pub as_json: i32,
    pub outcome: i32,
    pub exit_code: i32,
    pub remote_process: i32,
    pub signal: [c_char; 32],
    pub first_byte_ms: u32,
    pub duration_ms: u32,
    pub out_bytes: u64,
    pub err_bytes: u64,
}

#[repr(C)]
pub struct SshApi {
    pub size: u32,
    pub reserved: u32,
    pub exec: extern "C" fn(*const Host, *mut Call, *mut Exec, *mut Error) -> Status,
}
