//! The part of mre/plugin.h, mre/ext/call.h and mre/ext/ssh.h that this plugin uses, as `repr(C)`
//! structs. The shapes are frozen: fields are only ever added at the end, after a greater `size`.
#![allow(dead_code)]

use std::ffi::{c_char, c_void};

pub type Status = i32;
pub const OK: Status = 0;
pub const INTERNAL: Status = 1;
pub const REMOTE_FAILED: Status = 17;
pub const UNAVAILABLE: Status = 20;

pub const READ_ONLY: u32 = 1 << 0;
pub const IDEMPOTENT: u32 = 1 << 2;

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
