# Warnings and sanitizers are interface targets: our code links them privately, other people's code never sees them.
add_library(cacheproof_warnings INTERFACE)
target_compile_options(cacheproof_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
                                                     -Woverloaded-virtual -Wno-missing-field-initializers)
if(CACHEPROOF_WERROR)
  target_compile_options(cacheproof_warnings INTERFACE -Werror)
endif()

add_library(cacheproof_sanitizers INTERFACE)
if(CACHEPROOF_SANITIZE)
  # A finding ends the program: what is only printed passes a test.
  target_compile_options(cacheproof_sanitizers INTERFACE -fsanitize=${CACHEPROOF_SANITIZE} -fno-sanitize-recover=all
                                                         -fno-omit-frame-pointer)
  target_link_options(cacheproof_sanitizers INTERFACE -fsanitize=${CACHEPROOF_SANITIZE})
endif()
