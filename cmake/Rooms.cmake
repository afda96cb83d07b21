# cacheproof_room(NAME ROOMS other rooms… LIBRARIES third-party targets…)
# One folder of src/ is one static library; what it links says whom it knows (src/README.md has the table).
function(cacheproof_room name)
  cmake_parse_arguments(room "" "" "ROOMS;LIBRARIES;PUBLIC" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${name}
                        PUBLIC ${room_ROOMS} ${room_PUBLIC}
                        PRIVATE ${room_LIBRARIES} cacheproof_warnings cacheproof_sanitizers)
endfunction()

# cacheproof_room_test(NAME [LIBRARIES targets…])
# tests/NAME/*.cpp are one binary `NAME_test`; each TEST in it is a ctest test. The name of its suite says what it needs:
# `…Live` plays on real daemons (label `live`, after the toolchains), `…Alone` looks at the whole machine (nothing beside
# it), `…Helper` is no test but a program that other tests start.
function(cacheproof_room_test name)
  cmake_parse_arguments(test "" "" "LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  add_executable(${name}_test ${sources})
  target_include_directories(${name}_test PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${name}_test PRIVATE CACHEPROOF_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name}_test PRIVATE ${name} ${test_LIBRARIES} nlohmann_json::nlohmann_json GTest::gmock
                                             GTest::gtest_main cacheproof_warnings cacheproof_sanitizers)
  set(discover ${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60 DISCOVERY_MODE PRE_TEST)
  set(live LABELS live FIXTURES_REQUIRED toolchains TIMEOUT 600)
  gtest_discover_tests(${discover} TEST_FILTER "-*Live.*:*Live/*:*Alone.*:*Helper.*" PROPERTIES TIMEOUT 120)
  gtest_discover_tests(${discover} TEST_FILTER "*Live.*:*Live/*" TEST_LIST ${name}_live PROPERTIES ${live})
  gtest_discover_tests(${discover} TEST_FILTER "*Alone.*" TEST_LIST ${name}_alone PROPERTIES ${live} RUN_SERIAL TRUE)
endfunction()

# cacheproof_script_tests(NAME arguments…)
# Each function of the script NAME_test that begins with a capital letter is one test, called with its name and these
# arguments; `…Live` plays on real daemons. The lists NAME_tests and NAME_live_tests have them.
function(cacheproof_script_tests name)
  set(script "${CMAKE_CURRENT_SOURCE_DIR}/${name}_test")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${script}")
  file(STRINGS "${script}" claims REGEX "^[A-Z][A-Za-z]+\\(\\) {$")
  set(tests "")
  foreach(claim IN LISTS claims)
    string(REGEX MATCH "^[A-Za-z]+" claim "${claim}")
    add_test(NAME "${name}.${claim}" COMMAND "${script}" "${claim}" ${ARGN})
    list(APPEND tests "${name}.${claim}")
  endforeach()
  set_tests_properties(${tests} PROPERTIES SKIP_RETURN_CODE 77)
  set(live "${tests}")
  list(FILTER live INCLUDE REGEX "Live$")
  if(live)
    set_tests_properties(${live} PROPERTIES LABELS live FIXTURES_REQUIRED toolchains)
  endif()
  set(${name}_tests "${tests}" PARENT_SCOPE)
  set(${name}_live_tests "${live}" PARENT_SCOPE)
endfunction()
