import Foundation

exit(MetricsBench.run(CommandLine.arguments))
