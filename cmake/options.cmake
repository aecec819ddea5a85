# Warnings and hardening. PRIVATE to our own targets, never exported.
add_library(mre_warnings INTERFACE)
target_compile_options(mre_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast>
  $<$<BOOL:${MRE_WARNINGS_AS_ERRORS}>:-Werror>)
# gcc 12 at -O2 reports overlaps and overreads inside libstdc++ strings that are not there (GCC bug 105329 and kin).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(mre_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()

if(MRE_SANITIZE)
  add_compile_options(-g1) # file and line for a report; half the size of -g on disk and at the linker
endif()
if(MRE_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(MRE_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
else()
  add_compile_options(-fstack-protector-strong
    $<$<CONFIG:RelWithDebInfo,Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:RelWithDebInfo,Release>:-D_FORTIFY_SOURCE=2>)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
add_link_options(-Wl,--as-needed)

# A unity build reads the big headers once per batch instead of once per file: a clean build takes a third of the
# time. Sources must not use one name for two things in their unnamed namespaces, which reads better anyway.
# Two of gcc's warnings take the files of a batch for headers; they stay on where files are compiled one by one.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(mre_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
endif()
