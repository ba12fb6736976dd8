import FleetAgent
import Glibc

exit(await AgentProgram.main())
