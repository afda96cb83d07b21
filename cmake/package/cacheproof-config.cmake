# find_package(cacheproof): the program as the target cacheproof::cacheproof, and cacheproof_discover_scenarios().
cmake_minimum_required(VERSION 3.19)
include("${CMAKE_CURRENT_LIST_DIR}/cacheproof-targets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/cacheproof-scenarios.cmake")
