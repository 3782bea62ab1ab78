# cmake -DPROGRAMS="a;b" -DMODEL=demo.gguf -DFOLDER=out [-DPLUGINS="q/platforms/x.so" -DFONTS="x.ttf"] -P collect.cmake: copies
# programs and the libraries they are linked with, the loader among them, so that neither Qt nor a C library of the same
# age is needed where they run; of programs with a window also Qt's plugins, with their folders, and the fonts.
file(REMOVE_RECURSE ${FOLDER})
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${PROGRAMS} MODULES ${PLUGINS} RESOLVED_DEPENDENCIES_VAR libraries
  UNRESOLVED_DEPENDENCIES_VAR missing)
if(missing)
  message(FATAL_ERROR "libraries not found: ${missing}")
endif()
file(COPY ${PROGRAMS} ${MODEL} DESTINATION ${FOLDER})
foreach(library ${libraries})
  file(COPY ${library} DESTINATION ${FOLDER}/lib FOLLOW_SYMLINK_CHAIN)
endforeach()
foreach(plugin ${PLUGINS})
  get_filename_component(kind ${plugin} DIRECTORY)
  get_filename_component(kind ${kind} NAME)
  file(COPY ${plugin} DESTINATION ${FOLDER}/plugins/${kind})
endforeach()
if(PLUGINS)
  # Qt looks for it beside what the kernel started, which is the loader; no plugin of the machine is taken, then.
  file(WRITE ${FOLDER}/lib/qt.conf "[Paths]\nPlugins=../plugins\n")
  get_filename_component(name ${MODEL} NAME) # as installed, from there: the window lists it
  file(MAKE_DIRECTORY ${FOLDER}/share/strata/models)
  file(CREATE_LINK ../../../${name} ${FOLDER}/share/strata/models/${name} SYMBOLIC)
endif()
if(FONTS)
  file(COPY ${FONTS} DESTINATION ${FOLDER}/fonts)
  file(WRITE ${FOLDER}/fonts.conf "<?xml version=\"1.0\"?>
<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">
<fontconfig>
  <dir prefix=\"relative\">fonts</dir>
  <cachedir prefix=\"xdg\">fontconfig</cachedir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
")
  set(use_fonts "export FONTCONFIG_FILE=\"$here/fonts.conf\"\n")
endif()
file(WRITE ${FOLDER}/run "#!/bin/sh
# ./run tst_cuda_backend [arguments]: one of the programs here, with the libraries here.
here=$(cd \"$(dirname \"$0\")\" && pwd)
program=$1
shift
export QT_QPA_PLATFORM=offscreen LC_ALL=C.UTF-8
${use_fonts}exec \"$here\"/lib/ld-linux-x86-64.so.2 --library-path \"$here/lib\" \"$here/$program\" \"$@\"
")
file(CHMOD ${FOLDER}/run PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
  WORLD_EXECUTE)
