# cacheproof_discover_scenarios(DIR folder
#                               [PREFIX text]          before the names of the tests (default: `cacheproof.`)
#                               [BUILDKIT word…] [DRIVER word…] [BUILDX word…] [DOCKER word…]
#                                                      which cases: as the options of `cacheproof run` take them
#                               [FILTER glob]          for some part of their ids
#                               [LABELS label…]        beside `cacheproof` and the tags of each scenario
#                               [TIMEOUT seconds]      of a case (default: 600)
#                               [RESOURCE_LOCK name…]  of every case
#                               [EXTRA_ARGS word…])    further options of `cacheproof run`
#
# Every case of the folder's scenarios becomes a test, each time ctest starts: a new file needs no new configuration. Cases
# wait for the test PREFIX`toolchains`, which installs what they need. A case that is skipped counts as skipped. Cases
# on Docker engines share a lock. What cannot be listed, such as an invalid scenario, is the failing test
# PREFIX`scenarios_are_listed`, which says why.
function(cacheproof_discover_scenarios)
  set(lists BUILDKIT DRIVER BUILDX DOCKER LABELS RESOURCE_LOCK EXTRA_ARGS)
  cmake_parse_arguments(PARSE_ARGV 0 scenarios "" "DIR;FILTER;PREFIX;TIMEOUT" "${lists}")
  set(me "cacheproof_discover_scenarios")
  if(DEFINED scenarios_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${me}: unknown words: ${scenarios_UNPARSED_ARGUMENTS}")
  endif()
  if(DEFINED scenarios_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "${me}: nothing follows ${scenarios_KEYWORDS_MISSING_VALUES}")
  endif()
  if(NOT DEFINED scenarios_DIR)
    message(FATAL_ERROR "${me}: DIR is missing, the folder of scenarios")
  endif()
  get_filename_component(folder "${scenarios_DIR}" ABSOLUTE)
  file(GLOB_RECURSE found "${folder}/*.yaml")
  if(NOT found)
    message(FATAL_ERROR "${me}: there is no scenario (*.yaml) in ${folder}")
  endif()
  if(NOT DEFINED scenarios_PREFIX)
    set(scenarios_PREFIX "cacheproof.")
  endif()
  get_property(prefixes GLOBAL PROPERTY cacheproof_prefixes)
  if(scenarios_PREFIX IN_LIST prefixes)
    message(FATAL_ERROR "${me}: two folders would have tests of the same names: give one another PREFIX than "
                        "'${scenarios_PREFIX}'")
  endif()
  set_property(GLOBAL APPEND PROPERTY cacheproof_prefixes "${scenarios_PREFIX}")
  if(NOT DEFINED scenarios_TIMEOUT)
    set(scenarios_TIMEOUT 600)
  elseif(NOT scenarios_TIMEOUT MATCHES "^[1-9][0-9]*$")
    message(FATAL_ERROR "${me}: TIMEOUT ${scenarios_TIMEOUT} is no number of seconds")
  endif()

  set(selection)
  foreach(option IN ITEMS BUILDKIT DRIVER BUILDX DOCKER FILTER)
    string(TOLOWER "${option}" name)
    foreach(word IN LISTS scenarios_${option})
      list(APPEND selection "--${name}=${word}")
    endforeach()
  endforeach()
  string(MAKE_C_IDENTIFIER "${scenarios_PREFIX}" file)
  set(file "${CMAKE_CURRENT_BINARY_DIR}/cacheproof_${file}.cmake")
  set(text "")
  foreach(setting IN ITEMS
          "program=$<TARGET_FILE:cacheproof::cacheproof>" "folder=${folder}" "prefix=${scenarios_PREFIX}"
          "source=${CMAKE_CURRENT_SOURCE_DIR}" "out=${CMAKE_CURRENT_BINARY_DIR}/cacheproof-out"
          "timeout=${scenarios_TIMEOUT}")
    string(REGEX MATCH "^[a-z]+" name "${setting}")
    string(REGEX REPLACE "^[a-z]+=" "" value "${setting}")
    string(APPEND text "set(cacheproof_${name} [==[${value}]==])\n")
  endforeach()
  foreach(name IN ITEMS selection scenarios_LABELS scenarios_RESOURCE_LOCK scenarios_EXTRA_ARGS)
    string(REPLACE "scenarios_" "" short "${name}")
    string(TOLOWER "${short}" short)
    string(APPEND text "set(cacheproof_${short} [==[${${name}}]==])\n")
  endforeach()
  string(APPEND text "include([==[${CMAKE_CURRENT_FUNCTION_LIST_DIR}/cacheproof-discover.cmake]==])\n")
  file(GENERATE OUTPUT "${file}" CONTENT "${text}")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${file}")
endfunction()
