# Every library comes from a distribution package; the wrapper `./cacheproof` installs them.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(LibArchive REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED)
find_package(Protobuf REQUIRED)

# gRPC with Abseil and protobuf are some 50 shared libraries, which cost the loader 10 of the 20 ms that
# `cacheproof --version` may take: what has an archive is linked from it. OpenSSL stays shared, for others use it too.
# The thread sanitizer gets the shared ones: they are not instrumented, and it can leave alone only whole libraries.
# RE2, which gRPC uses, is asked for by name: Debian 13's needs more of Abseil than gRPC's own list has.
find_package(PkgConfig REQUIRED)
pkg_check_modules(GRPC REQUIRED grpc++ protobuf re2)
pkg_check_modules(LIBGIT2 REQUIRED IMPORTED_TARGET libgit2)
set(grpc_libraries)
foreach(name IN LISTS GRPC_STATIC_LIBRARIES)
  find_library(ARCHIVE_${name} NAMES lib${name}.a)
  mark_as_advanced(ARCHIVE_${name})
  if(ARCHIVE_${name} AND NOT name MATCHES "^(ssl|crypto|z|m|dl|rt|pthread|atomic)$")
    list(APPEND grpc_libraries "${ARCHIVE_${name}}")
  else()
    list(APPEND grpc_libraries ${name})
  endif()
endforeach()
list(REMOVE_DUPLICATES grpc_libraries)
add_library(cacheproof_grpc INTERFACE)
target_link_libraries(cacheproof_grpc INTERFACE Threads::Threads)

include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES -Wl,--start-group ${grpc_libraries} -Wl,--end-group Threads::Threads)
check_cxx_source_compiles("
#include <grpcpp/create_channel_posix.h>
int main() { return grpc::CreateInsecureChannelFromFd(\"x\", 0) == nullptr; }" CACHEPROOF_GRPC_ARCHIVES_LINK)
unset(CMAKE_REQUIRED_LIBRARIES)
if(CACHEPROOF_GRPC_ARCHIVES_LINK AND NOT CACHEPROOF_SANITIZE MATCHES "thread")
  list(JOIN grpc_libraries "," grpc_group)
  target_link_libraries(cacheproof_grpc INTERFACE "$<LINK_GROUP:RESCAN,${grpc_group}>")
else()
  message(STATUS "gRPC's shared libraries are used, which start slower than its archives")
  target_link_libraries(cacheproof_grpc INTERFACE ${GRPC_LINK_LIBRARIES})
  if(CACHEPROOF_SANITIZE MATCHES "thread")
    # Under it protobuf's maps have two more members, which those of the library have not.
    target_compile_options(cacheproof_grpc INTERFACE -U__SANITIZE_THREAD__)
  endif()
endif()
add_library(cacheproof_re2 ALIAS cacheproof_grpc) # one program must not have RE2 twice, as an archive and shared
