# cmake -DPROGRAMS="a;b" -DMODEL=demo.gguf -DFOLDER=out -P collect.cmake: copies programs and the libraries they are linked with, the
# loader among them, so that neither Qt nor a C library of the same age is needed where they run.
file(REMOVE_RECURSE ${FOLDER})
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${PROGRAMS} RESOLVED_DEPENDENCIES_VAR libraries
  UNRESOLVED_DEPENDENCIES_VAR missing)
if(missing)
  message(FATAL_ERROR "libraries not found: ${missing}")
endif()
file(COPY ${PROGRAMS} ${MODEL} DESTINATION ${FOLDER})
foreach(library ${libraries})
  file(COPY ${library} DESTINATION ${FOLDER}/lib FOLLOW_SYMLINK_CHAIN)
endforeach()
file(WRITE ${FOLDER}/run "#!/bin/sh
# ./run tst_cuda_backend [arguments]: one of the programs here, with the libraries here.
here=$(cd \"$(dirname \"$0\")\" && pwd)
program=$1
shift
export QT_QPA_PLATFORM=offscreen LC_ALL=C.UTF-8
exec \"$here\"/lib/ld-linux-x86-64.so.2 --library-path \"$here/lib\" \"$here/$program\" \"$@\"
")
file(CHMOD ${FOLDER}/run PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
  WORLD_EXECUTE)
