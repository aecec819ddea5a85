# mre_add_plugin(NAME SOURCES files... [LINK targets...] [TOOLS file] [NO_INSTALL])
#
# A plugin as the host wants it: a MODULE called NAME.so that exports the entry symbol and nothing else, has no
# undefined symbols, binds everything when it is loaded and is never unloaded. It goes to MRE_PLUGIN_OUTPUT_DIRECTORY (default:
# the binary directory) and is installed to lib/mcp-remote-exec/plugins. TOOLS is a text file with the names of its tools, one per
# line; it goes beside it as NAME.tools, so that the server can say what is missing while the plugin is switched off.
include_guard(GLOBAL)
include(GNUInstallDirs)

function(mre_add_plugin name)
  cmake_parse_arguments(plugin "NO_INSTALL" "TOOLS" "SOURCES;LINK" ${ARGN})
  if(NOT plugin_SOURCES OR plugin_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "mre_add_plugin(${name}): needs SOURCES and knows LINK, TOOLS and NO_INSTALL; not understood: '${plugin_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT name MATCHES "^[A-Za-z0-9_-]+$")
    message(FATAL_ERROR "mre_add_plugin(${name}): the name becomes the file's stem and, in upper case, part of its variables: letters, digits, _ and - only")
  endif()

  add_library(${name} MODULE ${plugin_SOURCES})
  if(TARGET mre::plugin_cpp)
    target_link_libraries(${name} PRIVATE mre::plugin_cpp)
  else()
    target_link_libraries(${name} PRIVATE mre::plugin_api)
  endif()
  target_link_libraries(${name} PRIVATE ${plugin_LINK})
  if(TARGET mre_warnings)
    target_link_libraries(${name} PRIVATE mre_warnings)
  endif()
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  if(MRE_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${MRE_PLUGIN_OUTPUT_DIRECTORY})
  endif()

  # Hidden visibility alone leaves the instantiations of std:: templates exported; the version script does not.
  if(APPLE)
    target_link_options(${name} PRIVATE -Wl,-exported_symbol,_mre_plugin_v1)
  else()
    set(script ${CMAKE_CURRENT_BINARY_DIR}/${name}.map)
    file(WRITE ${script}.new "{ global: mre_plugin_v1; local: *; };\n")
    configure_file(${script}.new ${script} COPYONLY)
    target_link_options(${name} PRIVATE -Wl,--version-script=${script} -Wl,-z,now -Wl,-z,nodelete)
    set_target_properties(${name} PROPERTIES LINK_DEPENDS ${script})
    # A sanitizer's runtime lives in the host, so its symbols are rightly undefined here.
    if(NOT MRE_SANITIZE AND NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize=")
      target_link_options(${name} PRIVATE -Wl,-z,defs)
    endif()
  endif()

  if(plugin_TOOLS)
    set(tools_folder ${MRE_PLUGIN_OUTPUT_DIRECTORY})
    if(NOT tools_folder)
      set(tools_folder ${CMAKE_CURRENT_BINARY_DIR})
    endif()
    configure_file(${plugin_TOOLS} ${tools_folder}/${name}.tools COPYONLY)
    if(NOT plugin_NO_INSTALL)
      install(FILES ${plugin_TOOLS} DESTINATION ${CMAKE_INSTALL_LIBDIR}/mcp-remote-exec/plugins RENAME ${name}.tools)
    endif()
  endif()

  if(NOT plugin_NO_INSTALL)
    install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/mcp-remote-exec/plugins)
  endif()
endfunction()
