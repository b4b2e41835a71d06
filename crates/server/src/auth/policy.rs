//! What the file of users and roles means: one [`Identity`] for each user.

use std::collections::HashMap;

use super::{
    action::{Action, ActionSet},
    file_error::FileError,
    identity::{Area, Grant, Identity, Names, User},
    lines,
    users_file::{OneOrMany, RoleEntry, RoleReference, Text, UserEntry, UsersFile},
};
use crate::{config::suggest::nearest, limits::OwnLimits};

/// Roles that inherit from each other, deepest chain.
const INHERITANCE_MAX: usize = 32;

/// Ways that lead from a user to a role. Roles that inherit twice what inherits twice would have millions.
const GRANTS_MAX: usize = 1_000;

/// Users by name, with what they may do.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub(crate) users: HashMap<String, Identity>,
    /// What the person who starts the server should know.
    pub(crate) notices: Vec<String>,
}

impl Policy {
    /// Users of `file` with all that their roles allow.
    ///
    /// # Errors
    /// [`FileError`] for a role that is missing or inherits from itself, and for a user twice.
    pub(crate) fn of_roles(file: &UsersFile, text: &str) -> Result<Self, FileError> {
        let mut policy = Self::default();
        for (name, role) in &file.roles_mapping {
            policy.check_role(name, role, text)?;
        }
        policy.add_users(file, text, |user| {
            if user.role.0.is_empty() {
                return Err(format!("user `{}` has no role", user.id.0));
            }
            let (mut grants, mut limits) = (Vec::new(), OwnLimits::default());
            for role in &user.role.0 {
                limits = limits.widest(grants_of_reference(file, role, &mut grants)?);
            }
            Ok((grants, limits))
        })?;
        if policy.users.is_empty() {
            return Err(FileError::new("there are no `users`, so everything would be forbidden"));
        }
        Ok(policy)
    }

    /// Users of `file`, each with all actions within the user's tenant and databases.
    ///
    /// # Errors
    /// [`FileError`] for a user twice.
    pub(crate) fn without_roles(file: &UsersFile, text: &str) -> Result<Self, FileError> {
        let mut policy = Self::default();
        let everything = Grant { actions: ActionSet::EVERY, within: Vec::new() };
        policy.add_users(file, text, |_| Ok((vec![everything.clone()], OwnLimits::default())))?;
        if file.users.iter().any(|user| !user.role.0.is_empty()) {
            policy
                .notices
                .push("users have roles, which nobody looks at while authorization is off".to_owned());
        }
        Ok(policy)
    }

    fn add_users(
        &mut self,
        file: &UsersFile,
        text: &str,
        rights_of: impl Fn(&UserEntry) -> Result<(Vec<Grant>, OwnLimits), String>,
    ) -> Result<(), FileError> {
        for entry in &file.users {
            let id = &entry.id.0;
            let line = || lines::of_user(text, id, 0);
            let failed = |reason| FileError { line: line(), reason };
            let (mut grants, role_limits) = rights_of(entry).map_err(failed)?;
            if entry.read_only {
                grants.iter_mut().for_each(Grant::without_writing);
            }
            let bound = area(entry.tenant.as_ref(), entry.databases.as_ref(), entry.collections.as_ref());
            let user = User { id: id.clone(), bound, grants, limits: entry.limits.0, role_limits };
            if self.users.insert(id.clone(), Identity::new(user)).is_some() {
                let reason = format!("user `{id}` is listed twice");
                return Err(FileError { line: lines::of_user(text, id, 1).or_else(line), reason });
            }
        }
        Ok(())
    }

    fn check_role(&mut self, name: &str, role: &RoleEntry, text: &str) -> Result<(), FileError> {
        if role.actions.0.is_empty() && role.inherits.0.is_empty() {
            let reason = format!("role `{name}` has neither `actions` nor `inherits`");
            return Err(FileError { line: lines::of_role(text, name), reason });
        }
        for Text(action) in &role.actions.0 {
            if ActionSet::named(action).is_none() {
                let names = Action::ALL.iter().map(|action| action.name().to_owned());
                let (nearest, _) = nearest(action, names).unwrap_or_default();
                let notice = format!(
                    "`{action}` in role `{name}` is no action and grants nothing; the nearest is `{nearest}`"
                );
                self.notices.push(notice);
            }
        }
        Ok(())
    }
}

fn grants_of_reference(
    file: &UsersFile,
    reference: &RoleReference,
    grants: &mut Vec<Grant>,
) -> Result<OwnLimits, String> {
    let RoleReference { role, tenant, databases, collections, read_only } = reference;
    let within = area(tenant.as_ref(), databases.as_ref(), collections.as_ref());
    let before = grants.len();
    let limits = grants_of_role(file, role, &mut vec![role], &[within], grants)?;
    if *read_only {
        grants[before..].iter_mut().for_each(Grant::without_writing);
    }
    Ok(limits)
}

/// Adds what a role grants, and all that it inherits, within the areas of those who lead to it. Returns the
/// role's limits: its own before those that it inherits.
fn grants_of_role<'a>(
    file: &'a UsersFile,
    name: &str,
    chain: &mut Vec<&'a str>,
    within: &[Area],
    grants: &mut Vec<Grant>,
) -> Result<OwnLimits, String> {
    let Some(role) = file.roles_mapping.get(name) else {
        return Err(match nearest(name, file.roles_mapping.keys().cloned()) {
            Some((nearest, _)) => format!("there is no role `{name}`; the nearest is `{nearest}`"),
            None => format!("there is no role `{name}`"),
        });
    };
    let mut within = within.to_vec();
    within.push(area(role.tenant.as_ref(), role.databases.as_ref(), role.collections.as_ref()));
    within.retain(|area| *area != Area::EVERYTHING);
    if grants.len() == GRANTS_MAX {
        return Err(format!("more than {GRANTS_MAX} ways of inheritance lead from a user to roles"));
    }
    let before = grants.len();
    let named = role.actions.0.iter().filter_map(|Text(action)| ActionSet::named(action));
    let actions = named.fold(ActionSet::default(), ActionSet::union);
    grants.push(Grant { actions, within: within.clone() });
    let mut inherited = OwnLimits::default();
    for Text(parent) in &role.inherits.0 {
        if chain.contains(&parent.as_str()) {
            return Err(format!("role `{parent}` inherits from itself"));
        }
        if chain.len() == INHERITANCE_MAX {
            return Err(format!("role `{parent}` is inherited through more than {INHERITANCE_MAX} others"));
        }
        chain.push(parent);
        inherited = inherited.widest(grants_of_role(file, parent, chain, &within, grants)?);
        chain.pop();
    }
    if role.read_only {
        grants[before..].iter_mut().for_each(Grant::without_writing);
    }
    Ok(role.limits.0.or(inherited))
}

impl Grant {
    fn without_writing(&mut self) {
        self.actions = self.actions.intersection(ActionSet::reading());
    }
}

fn area(
    tenant: Option<&Text>,
    databases: Option<&OneOrMany<Text>>,
    collections: Option<&OneOrMany<Text>>,
) -> Area {
    let names = |list: &[Text]| Names::of(&list.iter().map(|text| text.0.clone()).collect::<Vec<_>>());
    Area {
        tenants: tenant.map_or(Names::Any, |tenant| names(std::slice::from_ref(tenant))),
        databases: databases.map_or(Names::Any, |list| names(&list.0)),
        collections: collections.map_or(Names::Any, |list| names(&list.0)),
    }
}

#[cfg(test)]
mod tests;
