# What `cmake --install` puts where: the program, the corpus that `run` plays when nothing is named, and the package for
# find_package(cacheproof). No library of ours is exported.
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/cacheproof")
install(TARGETS cacheproof EXPORT cacheproof RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(EXPORT cacheproof NAMESPACE cacheproof:: FILE cacheproof-targets.cmake DESTINATION "${package_folder}")
install(DIRECTORY scenarios DESTINATION "${CMAKE_INSTALL_DATADIR}/cacheproof")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")

configure_file(cmake/package/cacheproof-config.cmake "${PROJECT_BINARY_DIR}/package/cacheproof-config.cmake" COPYONLY)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/cacheproof-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/cacheproof-config.cmake"
              "${PROJECT_BINARY_DIR}/package/cacheproof-config-version.cmake"
              cmake/package/cacheproof-discover.cmake cmake/package/cacheproof-scenarios.cmake
        DESTINATION "${package_folder}")
