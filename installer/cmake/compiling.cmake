# How everything is compiled: flags, sanitizers, and whether headers are compiled ahead.

# ccache keeps nothing of what was compiled with precompiled headers, unless it is told to look less closely.
if(CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()

# Every target links this: language level, warnings, sanitizers, one include root.
add_library(strata_options INTERFACE)
target_compile_features(strata_options INTERFACE cxx_std_20)
target_include_directories(strata_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(strata_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${STRATA_WERROR}>>:-Werror>
  # GCC 12 sees overlapping copies where std::string has none (its bug 105651).
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>
  # CMake 3.25 has no CUDA20 dialect for nvcc 13, so the language level is passed by hand.
  $<$<COMPILE_LANGUAGE:CUDA>:-std=c++20>)
# The preset asan compiles with -Og: at -O1 GCC takes half as long again to optimise the checks, which are the same.
if(STRATA_SANITIZE STREQUAL "address")
  # What the address sanitizer sees as well is not checked twice: accesses through null, and beyond an object.
  set(STRATA_SANITIZE_FLAGS -fsanitize=address,undefined -fno-sanitize=null,object-size
    -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
elseif(STRATA_SANITIZE STREQUAL "thread")
  set(STRATA_SANITIZE_FLAGS -fsanitize=thread)
endif()
target_compile_options(strata_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${STRATA_SANITIZE_FLAGS}>)
target_link_options(strata_options INTERFACE ${STRATA_SANITIZE_FLAGS})
if(STRATA_FUZZ)
  target_compile_options(strata_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
