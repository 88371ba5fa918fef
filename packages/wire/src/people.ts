import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Id, Instant, nullable, Uri } from './scalars.ts';

/** What is written and not known, or may not be written, is refused rather than passed over. */
const exact = { additionalProperties: false } as const;

const brief = {
  url: Uri,
  id: Id,
  username: Type.String(),
  first_name: Type.String(),
  last_name: Type.String(),
};
export const BriefUser = Type.Object(brief, { title: 'BriefUser', description: 'A user as others see them.' });
export type BriefUser = Static<typeof BriefUser>;

export const User = Type.Object(
  {
    ...brief,
    email: Type.String(),
    groups: Type.Array(Type.String()),
    is_staff: Type.Boolean(),
    is_superuser: Type.Boolean({ description: 'May administer the server.' }),
    is_active: Type.Boolean(),
    last_login: nullable(Instant),
    date_joined: Instant,
    has_analytics_access: Type.Boolean(),
    has_password: Type.Optional(
      Type.Boolean({ description: 'Ours: false of those who came by a sign-in link and have not set one.' }),
    ),
  },
  { title: 'User', description: 'A user as they see themselves, and as administrators see them.' },
);
export type User = Static<typeof User>;

/** Others see the short form, oneself and administrators the long one. */
export const AnyUser = Type.Union([User, BriefUser], {
  title: 'AnyUser',
  description: 'A user: in full to themselves and to administrators, in short to others.',
});
export type AnyUser = Static<typeof AnyUser>;

export const USERNAME = '^[\\w.@+-]{1,150}$';
export const MAX_PASSWORD = 256;
const Password = Type.String({ maxLength: MAX_PASSWORD });

const profile = {
  first_name: Type.Optional(Type.String({ maxLength: 150 })),
  last_name: Type.Optional(Type.String({ maxLength: 150 })),
  email: Type.Optional(Type.Union([Type.String({ format: 'email', maxLength: 254 }), Type.Literal('')])),
};
const administration = {
  is_superuser: Type.Optional(Type.Boolean()),
  is_active: Type.Optional(Type.Boolean()),
  password: Type.Optional(nullable(Password)),
};
/** Members of a user that only an administrator sets. */
export const UserAdministration = Type.Object(administration);
export const NewUser = Type.Object(
  { username: Type.String({ pattern: USERNAME }), ...profile, ...administration },
  { ...exact, title: 'NewUser', description: 'A user to be made.' },
);
export type NewUser = Static<typeof NewUser>;
export const UserChange = Type.Object(
  { ...profile, ...administration },
  { ...exact, title: 'UserChange', description: 'What to change of a user; members that are left out stay.' },
);
export type UserChange = Static<typeof UserChange>;

const Contact = Type.Unsafe<Record<string, string>>(
  Type.Object({}, { additionalProperties: Type.String(), description: 'email, location, phoneNumber' }),
);
export const Organization = Type.Object(
  {
    id: Id,
    slug: Type.String(),
    name: Type.String(),
    description: Type.String(),
    contact: Contact,
    created_date: Instant,
    updated_date: Instant,
    owner: nullable(BriefUser),
  },
  { title: 'Organization', description: 'People who work together, and own tasks and functions together.' },
);
export type Organization = Static<typeof Organization>;

const described = {
  name: Type.Optional(Type.String({ maxLength: 64 })),
  description: Type.Optional(Type.String({ maxLength: 10_000 })),
  contact: Type.Optional(
    Type.Unsafe<Record<string, string>>(
      Type.Object(
        {},
        {
          additionalProperties: Type.String({ maxLength: 256 }),
          propertyNames: Type.String({ maxLength: 64 }),
          maxProperties: 20,
          description: 'email, location, phoneNumber',
        },
      ),
    ),
  ),
};
const Slug = Type.String({ pattern: '^[A-Za-z0-9_-]{1,16}$' });
export const NewOrganization = Type.Object(
  { slug: Slug, ...described },
  { ...exact, title: 'NewOrganization', description: 'An organization to be founded.' },
);
export type NewOrganization = Static<typeof NewOrganization>;
export const OrganizationChange = Type.Object(
  { slug: Type.Optional(Slug), ...described },
  {
    ...exact,
    title: 'OrganizationChange',
    description: 'What to change of an organization; members that are left out stay.',
  },
);
export type OrganizationChange = Static<typeof OrganizationChange>;

export const GivenRole = Type.Enum(['maintainer', 'supervisor', 'worker']);
export const Role = Type.Enum(['owner', 'maintainer', 'supervisor', 'worker']);
export type Role = Static<typeof Role>;

export const Membership = Type.Object(
  {
    id: Id,
    user: BriefUser,
    organization: Id,
    is_active: Type.Boolean(),
    joined_date: Instant,
    role: Role,
    invitation: nullable(Type.String()),
  },
  { title: 'Membership', description: 'What somebody is in an organization.' },
);
export type Membership = Static<typeof Membership>;
export const NewMembership = Type.Object(
  { username: Type.String({ maxLength: 150 }), role: GivenRole },
  { title: 'NewMembership', description: 'Somebody who becomes a member.' },
);
export type NewMembership = Static<typeof NewMembership>;
export const MembershipChange = Type.Object(
  { role: GivenRole },
  { ...exact, title: 'MembershipChange', description: 'The new role of a member.' },
);
export type MembershipChange = Static<typeof MembershipChange>;

const token = {
  id: Id,
  name: Type.String(),
  created_date: Instant,
  updated_date: Instant,
  expiry_date: nullable(Instant),
  last_used_date: nullable(Instant),
  read_only: Type.Boolean(),
  owner: BriefUser,
};
export const AccessToken = Type.Object(token, {
  title: 'AccessToken',
  description: 'A personal access token, without its value.',
});
export type AccessToken = Static<typeof AccessToken>;
export const CreatedAccessToken = Type.Object(
  { ...token, value: Type.String({ description: 'Shown this once.' }) },
  { title: 'CreatedAccessToken', description: 'A new personal access token with its value.' },
);
export type CreatedAccessToken = Static<typeof CreatedAccessToken>;

const TokenName = Type.String({ minLength: 1, maxLength: 50 });
const settings = { expiry_date: Type.Optional(nullable(Instant)), read_only: Type.Optional(Type.Boolean()) };
export const NewAccessToken = Type.Object(
  { name: TokenName, ...settings },
  { ...exact, title: 'NewAccessToken', description: 'A personal access token to be made.' },
);
export type NewAccessToken = Static<typeof NewAccessToken>;
export const AccessTokenChange = Type.Object(
  { name: Type.Optional(TokenName), ...settings },
  { ...exact, title: 'AccessTokenChange', description: 'What to change of a token; members that are left out stay.' },
);
export type AccessTokenChange = Static<typeof AccessTokenChange>;

export const Login = Type.Object(
  {
    username: Type.Optional(Type.String({ maxLength: 150 })),
    email: Type.Optional(Type.String({ maxLength: 254 })),
    password: Password,
  },
  { title: 'Login', description: 'A user name or an email address, and the password.' },
);
export type Login = Static<typeof Login>;
export const LoginAnswer = Type.Object(
  { key: Type.String({ description: 'For the header `Authorization: Token …`.' }) },
  { title: 'LoginAnswer', description: 'A session; its cookies come with the answer.' },
);
export type LoginAnswer = Static<typeof LoginAnswer>;
export const PasswordChange = Type.Object(
  { old_password: Type.Optional(Password), new_password1: Password, new_password2: Password },
  { title: 'PasswordChange', description: 'The old password and, twice, the new one.' },
);
export type PasswordChange = Static<typeof PasswordChange>;
export const Detail = Type.Object(
  { detail: Type.String() },
  { title: 'Detail', description: 'What was done, in words.' },
);
export type Detail = Static<typeof Detail>;
