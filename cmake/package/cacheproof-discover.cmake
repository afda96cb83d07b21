# Read by ctest each time it starts, after the settings that cacheproof_discover_scenarios() wrote.
cmake_policy(VERSION 3.19)
set(list "${cacheproof_program}" list "${cacheproof_folder}" ${cacheproof_selection})
set(labels cacheproof ${cacheproof_labels})
set(listed 1)
if(EXISTS "${cacheproof_program}")
  execute_process(COMMAND ${list} --format json WORKING_DIRECTORY "${cacheproof_source}"
                  OUTPUT_VARIABLE cases ERROR_QUIET RESULT_VARIABLE listed)
endif()
if(NOT listed EQUAL 0)
  # It fails once more as a test, and says there what is wrong and where.
  add_test("${cacheproof_prefix}scenarios_are_listed" ${list})
  set_tests_properties("${cacheproof_prefix}scenarios_are_listed" PROPERTIES
    LABELS "${labels}" WORKING_DIRECTORY "${cacheproof_source}")
  return()
endif()

# An array of JSON as a list of CMake's.
function(cacheproof_list_of result json)
  string(JSON count LENGTH "${json}")
  set(all)
  if(count GREATER 0)
    math(EXPR last "${count} - 1")
    foreach(i RANGE ${last})
      string(JSON one GET "${json}" ${i})
      list(APPEND all "${one}")
    endforeach()
  endif()
  set(${result} "${all}" PARENT_SCOPE)
endfunction()

# One ctest invocation is one run: all its processes write their evidence into one folder.
string(TIMESTAMP now "%Y-%m-%dT%H-%M-%S" UTC)
string(JSON count LENGTH "${cases}")
math(EXPR last "${count} - 1")
set(toolchains)
foreach(i RANGE ${last})
  string(JSON case GET "${cases}" ${i})
  string(JSON id GET "${case}" id)
  foreach(key IN ITEMS tags arguments toolchains)
    string(JSON json GET "${case}" ${key})
    cacheproof_list_of(${key}_of_case "${json}")
  endforeach()
  list(APPEND toolchains ${toolchains_of_case})
  set(labels_of_case ${labels} ${tags_of_case})
  set(locks ${cacheproof_resource_lock})
  if(toolchains_of_case MATCHES "(^|;)docker ")
    list(APPEND locks cacheproof_engine)
  endif()
  add_test("${cacheproof_prefix}${id}" "${cacheproof_program}" run ${arguments_of_case} --jobs=1 --skip-code=77
           "--out=${cacheproof_out}" ${cacheproof_extra_args})
  set_tests_properties("${cacheproof_prefix}${id}" PROPERTIES
    LABELS "${labels_of_case}"
    FIXTURES_REQUIRED "${cacheproof_prefix}toolchains"
    RESOURCE_LOCK "${locks}"
    SKIP_RETURN_CODE 77
    ENVIRONMENT "CACHEPROOF_RUN=${now}-ctest"
    WORKING_DIRECTORY "${cacheproof_source}"
    TIMEOUT ${cacheproof_timeout})
endforeach()

# They are installed once, before the first case: none waits for it within its own time.
if(toolchains)
  list(REMOVE_DUPLICATES toolchains)
  string(REPLACE " " ";" toolchains "${toolchains}")
  add_test("${cacheproof_prefix}toolchains" "${cacheproof_program}" toolchain install ${toolchains})
else()
  add_test("${cacheproof_prefix}toolchains" "${cacheproof_program}" --version)
endif()
set_tests_properties("${cacheproof_prefix}toolchains" PROPERTIES
  LABELS "${labels}" FIXTURES_SETUP "${cacheproof_prefix}toolchains" TIMEOUT 2400)
