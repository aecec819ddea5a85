//! sample - a plugin in Rust, with the standard library alone: one tool that asks the default host
//! for its kernel.
//!
//! No panic may cross the boundary: every function the host calls goes through `guarded`.
//! Threads: max_calls is 0, so the host runs one call at a time.

mod mre;

use mre::*;
use std::ffi::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};

struct Sample {
    host: *const Host,
    call: &'static CallApi,
    ssh: &'static SshApi,
}

fn guarded(body: impl FnOnce() -> Status) -> Status {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(INTERNAL)
}

fn fail(err: *mut Error, code: Status, message: &str) -> Status {
    unsafe {
        (*err).code = code;
        let room = (*err).message.len() - 1;
        for (to, byte) in (*err).message.iter_mut().zip(message.bytes().take(room).chain([0])) {
            *to = byte as c_char;
        }
    }
    code
}

extern "C" fn append(ctx: *mut c_void, chunk: Str) -> i32 {
    guarded(|| {
        unsafe { (*(ctx as *mut Vec<u8>)).extend_from_slice(chunk.bytes()) };
        OK
    })
}

extern "C" fn kernel(data: *mut c_void, call: *mut Call, _arguments: Str, err: *mut Error) -> Status {
    guarded(|| {
        let sample = unsafe { &*(data as *const Sample) };
        let mut out: Vec<u8> = Vec::new();
        let words = [Str::of("uname"), Str::of("-sr")];
        let mut exec: Exec = unsafe { std::mem::zeroed() };
        exec.size = std::mem::size_of::<Exec>() as u32;
        exec.argv = words.as_ptr();
        exec.argc = words.len();
        exec.out = Sink { ctx: &mut out as *mut Vec<u8> as *mut c_void, write: Some(append) };
        let status = (sample.ssh.exec)(sample.host, call, &mut exec, err);
        if status != OK {
            return status; // err says why: it goes to the client as it is
        }
        if exec.outcome != OUTCOME_EXITED || exec.exit_code != 0 {
            return (sample.call.fail)(
                call,
                REMOTE_FAILED,
                Str::of("uname did not succeed"),
                Str::EMPTY,
            );
        }
        (sample.call.text)(call, Str::of(String::from_utf8_lossy(&out).trim_end()))
    })
}

extern "C" fn create(host: *const Host, _config: Str, out: *mut *mut c_void, err: *mut Error) -> Status {
    guarded(|| unsafe {
        let service = |id: &'static [u8]| ((*host).service)(host, id.as_ptr() as *const c_char);
        let call = (service(b"mre.call/1\0") as *const CallApi).as_ref();
        let ssh = (service(b"mre.ssh/1\0") as *const SshApi).as_ref();
        match (call, ssh) {
            (Some(call), Some(ssh)) => {
                *out = Box::into_raw(Box::new(Sample { host, call, ssh })) as *mut c_void;
                OK
            }
            _ => fail(err, UNAVAILABLE, "this plugin needs mre.call/1 and mre.ssh/1"),
        }
    })
}

extern "C" fn declare(data: *mut c_void, registry: *const Registry, err: *mut Error) -> Status {
    guarded(|| {
        let text = |literal: &'static [u8]| literal.as_ptr() as *const c_char;
        let tool = Tool {
            size: std::mem::size_of::<Tool>() as u32,
            promises: READ_ONLY | IDEMPOTENT,
            name: text(b"sample_kernel\0"),
            title: text(b"Kernel\0"),
            description: text(b"The kernel that runs on the default host.\0"),
            input_schema: text(b"{\"type\":\"object\",\"additionalProperties\":false}\0"),
            output_schema: std::ptr::null(),
            replaces: std::ptr::null(),
            data,
            invoke: kernel,
        };
        unsafe { ((*registry).tool)((*registry).ctx, &tool, err) }
    })
}

extern "C" fn destroy(data: *mut c_void) {
    guarded(|| {
        drop(unsafe { Box::from_raw(data as *mut Sample) });
        OK
    });
}

static NEEDS: Shared<[*const c_char; 3]> = Shared([
    b"mre.call/1\0".as_ptr() as *const c_char,
    b"mre.ssh/1\0".as_ptr() as *const c_char,
    std::ptr::null(),
]);

static PLUGIN: Shared<Plugin> = Shared(Plugin {
    size: std::mem::size_of::<Plugin>() as u32,
    abi_minor: 0,
    id: b"org.example.sample\0".as_ptr() as *const c_char,
    version: b"0.1.0\0".as_ptr() as *const c_char,
    title: b"Sample\0".as_ptr() as *const c_char,
    license: b"MIT\0".as_ptr() as *const c_char,
    url: b"\0".as_ptr() as *const c_char,
    needs: &NEEDS.0 as *const [*const c_char; 3] as *const *const c_char,
    config_schema: std::ptr::null(),
    max_calls: 0,
    reserved: 0,
    create,
    declare,
    reconfigure: None,
    stop: None,
    destroy,
});

#[no_mangle]
pub extern "C" fn mre_plugin_v1() -> *const Plugin {
    &PLUGIN.0
}
