// Binds everything when the plugin is loaded, and keeps it loaded: the host never unloads code.
fn main() {
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,now");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
