import ControlPlane
import Glibc

exit(Penstock.run(Array(CommandLine.arguments.dropFirst())))
