# Finds libssh2 >= 1.11.1 and offers it as mre_libssh2. Older ones are refused: 1.10 cannot log in with
# RSA keys to a current OpenSSH, 1.11.0 has no strict key exchange; see docs/adr/0003-libssh2.md.
list(PREPEND CMAKE_PREFIX_PATH "${PROJECT_SOURCE_DIR}/.deps")
add_library(mre_libssh2 INTERFACE)
find_package(Libssh2 1.11.1 CONFIG QUIET)
if(Libssh2_FOUND)
  if(TARGET Libssh2::libssh2_static)
    target_link_libraries(mre_libssh2 INTERFACE Libssh2::libssh2_static)
  elseif(TARGET Libssh2::libssh2)
    target_link_libraries(mre_libssh2 INTERFACE Libssh2::libssh2)
  else()
    target_link_libraries(mre_libssh2 INTERFACE libssh2::libssh2)
  endif()
  message(STATUS "libssh2 ${Libssh2_VERSION}")
else()
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(LIBSSH2 IMPORTED_TARGET libssh2>=1.11.1)
  if(NOT LIBSSH2_FOUND)
    pkg_check_modules(LIBSSH2_ANY libssh2)
    message(FATAL_ERROR "libssh2 1.11.1 or newer is needed, found: ${LIBSSH2_ANY_VERSION} (empty: none). "
      "Run scripts/deps, which builds it into .deps/, or point CMAKE_PREFIX_PATH at another build.")
  endif()
  target_link_libraries(mre_libssh2 INTERFACE PkgConfig::LIBSSH2)
  message(STATUS "libssh2 ${LIBSSH2_VERSION}")
endif()

# The ciphers of bulk data go to OpenSSL where they can be replaced at link time (core/ssh/bulk_cipher.cpp): a static
# library whose functions are those the replacement was written for. Elsewhere libssh2's own stay, at a third of the speed.
include(CheckCXXSourceCompiles)
function(mre_check_bulk_cipher)
  set(CMAKE_REQUIRED_LIBRARIES libssh2::libssh2_static)
  check_cxx_source_compiles([[
    #include <libssh2.h>
    #if LIBSSH2_VERSION_NUM != 0x010b01
    #error another version: look at its chacha.h and poly1305.h first
    #endif
    extern "C" void chacha_encrypt_bytes();
    extern "C" void poly1305_auth();
    int main() { chacha_encrypt_bytes(); poly1305_auth(); }]] MRE_BULK_CIPHER)
endfunction()
if(TARGET libssh2::libssh2_static)
  mre_check_bulk_cipher()
endif()
