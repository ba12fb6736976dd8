/// The kinds of objects that the change log and the audit speak of; the raw value is what people see.
package enum ObjectKind: String, Sendable, Hashable, Codable, CaseIterable {
    case model = "Model"
    case modelVersion = "ModelVersion"
    case runtime = "Runtime"
    case deployment = "Deployment"
    case rollout = "Rollout"
    case hold = "Hold"
    case rollback = "Rollback"
    case host = "Host"
    case enrolmentToken = "EnrolmentToken"
    case operatorToken = "OperatorToken"
    case controller = "Controller"
}
